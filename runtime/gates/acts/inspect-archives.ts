import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { archivesOfRuns, inspectWithMetrics, runsOfPod, sampleOrReason } from '../inspection.ts';
import { POLL_INTERVAL_MS } from '../until.ts';

const STREAMS = ['ws_raw', 'rest_checkpoints'] as const;
/** An inspector is a Job of its own; without metrics to say when it is worth one, this often is enough. */
const INSPECT_INTERVAL_MS = 15_000;

/** Waits for archives that the promoted pod closed, and reads them. What is missing at the end is for checks to say. */
export const inspectBefore = defineAct({
  fact: 'before',
  title: 'wait for closed archives of this pod and inspect them',
  touches: 'an inspector Job, data volume read-only',
  needs: ['promoted'],
  async perform(context, { promoted }) {
    const { pod } = promoted;
    return inspectOnceClosed(context, pod.name, STREAMS, () =>
      inspectWithMetrics(context, pod.startedAt === null ? {} : { since: pod.startedAt }, pod.name),
    );
  },
});

/**
 * Reads the same archives again after a provoked restart, whatever their age, and those that the replacement closed.
 * Where no restart is provoked nothing happened since `before`, so that inspection stands.
 */
export const inspectAfter = defineAct({
  fact: 'after',
  title: 'wait for an archive of the replacement and inspect all again',
  touches: 'an inspector Job, data volume read-only',
  needs: ['promoted', 'before', 'restart'],
  async perform(context, { promoted, before, restart }) {
    if (restart.mode === 'observe') return before;
    const { pod } = promoted;
    const request = {
      ...(pod.startedAt === null ? {} : { since: pod.startedAt }),
      paths: before.report.archives.map((archive) => archive.path),
    };
    const replacement = restart.replacement.name;
    return inspectOnceClosed(context, replacement, ['ws_raw'], () =>
      inspectWithMetrics(context, request, replacement),
    );
  },
});

/**
 * Inspects when the metrics of `pod` say that it closed an archive of each stream, or from time to time while they
 * say nothing, until the report shows such archives or the policy's data time-out passed. The last report counts.
 */
async function inspectOnceClosed<T extends Awaited<ReturnType<typeof inspectWithMetrics>>>(
  context: CheckContext,
  pod: string,
  streams: readonly (typeof STREAMS)[number][],
  inspect: () => Promise<T>,
): Promise<T> {
  const deadline = context.now().getTime() + context.policy.dataTimeout;
  let looked = false;
  for (;;) {
    await waitForClosed(context, pod, streams, deadline);
    const inspection = await inspect();
    const archives = archivesOfRuns(inspection.report, runsOfPod(inspection.report, pod));
    const present = streams.every((stream) => archives.some((one) => one.stream === stream));
    const left = deadline - context.now().getTime();
    if (left <= 0) return inspection;
    if (present) {
      // An archive has its name a moment before its manifest is written; a second look tells that from a missing one.
      if (looked || !archives.some((one) => one.manifest === 'missing')) return inspection;
      looked = true;
      continue;
    }
    await context.wait(Math.min(INSPECT_INTERVAL_MS, left));
  }
}

async function waitForClosed(
  context: CheckContext,
  pod: string,
  streams: readonly string[],
  deadline: number,
): Promise<void> {
  const givenUp = Math.min(deadline, context.now().getTime() + INSPECT_INTERVAL_MS);
  for (;;) {
    context.signal.throwIfAborted();
    const sample = await sampleOrReason(context, pod);
    const time = context.now().getTime();
    if (typeof sample === 'string') {
      if (time >= givenUp) return;
    } else {
      const closed = streams.every(
        (stream) => (sample.metrics.value('orderbooks_archive_closed_total', { stream }) ?? 0) > 0,
      );
      if (closed || time >= deadline) return;
      const counted = sample.metrics.value('orderbooks_archive_closed_total') !== null;
      if (!counted && time >= givenUp) return;
    }
    await context.wait(POLL_INTERVAL_MS);
  }
}
