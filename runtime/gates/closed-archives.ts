import type { Stream } from '../archive/row.ts';
import type { InspectReport } from '../inspector/report.ts';
import type { ActContext } from './act.ts';
import type { CheckContext } from './check.ts';
import type { Inspection } from './facts.ts';
import { archivesOfRuns, inspectWithMetrics, runsOfPod, sampleOrReason } from './inspection.ts';
import type { InspectRequest } from './platform.ts';
import { POLL_INTERVAL_MS } from './until.ts';

/** An inspector is a Job of its own; without metrics to say when it is worth one, this often is enough. */
const INSPECT_INTERVAL_MS = 15_000;

/** What a report has to show before the wait for it ends. */
export interface AwaitedArchives {
  readonly component: 'ws-recorder' | 'collector';
  readonly pod: string;
  /** Of each at least one archive that this pod closed. */
  readonly streams: readonly Stream[];
  /** What else has to be there. */
  readonly also?: (report: InspectReport) => boolean;
}

/**
 * Waits until the metrics of `pod` say that it closed an archive of each of `streams`, or say nothing for a while, or
 * until `deadline`.
 */
export async function waitForClosed(
  context: CheckContext,
  pod: string,
  streams: readonly Stream[],
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

/**
 * Inspects when the metrics of the pod say that it closed an archive of each stream, or from time to time while they
 * say nothing, until the report shows such archives or the policy's data time-out passed. The last report counts.
 */
export async function inspectOnceClosed(
  context: ActContext,
  { component, pod, streams, also }: AwaitedArchives,
  request: InspectRequest,
): Promise<Inspection> {
  const deadline = context.now().getTime() + context.policy.dataTimeout;
  let looked = false;
  for (;;) {
    await context.demanded('archives', () => waitForClosed(context, pod, streams, deadline));
    const inspection = await inspectWithMetrics(context, request, pod);
    const { report } = inspection;
    const archives = archivesOfRuns(report, runsOfPod(report, pod, component));
    const present =
      streams.every((stream) => archives.some((one) => one.stream === stream)) &&
      (also === undefined || also(report));
    const left = deadline - context.now().getTime();
    if (left <= 0) return inspection;
    if (present) {
      // An archive has its name a moment before its manifest is written; a second look tells that from a missing one.
      if (looked || !archives.some((one) => one.manifest === 'missing')) return inspection;
      looked = true;
      continue;
    }
    await context.demanded('archives', () => context.wait(Math.min(INSPECT_INTERVAL_MS, left)));
  }
}
