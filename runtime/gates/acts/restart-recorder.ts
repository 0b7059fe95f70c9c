import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import type { EarlierRun, PromotedPod, Restart } from '../facts.ts';
import { freshReport } from '../inspection.ts';
import { replacePod } from '../replacement.ts';
import { RECORDER_COMPONENT } from '../workloads.ts';

/**
 * How far back the run before the rollout is looked for. The rollout ended it moments before the promoted pod
 * started; only when it is not there do inspectors read more, at last everything.
 */
const LOOK_BACK_MS: readonly (number | null)[] = [30 * 60_000, 24 * 3_600_000, null];

/** Deletes the recorder's pod and waits for its replacement, or finds the restart that the rollout made. */
export const restartRecorder = defineAct({
  fact: 'restart',
  title: 'restart the recorder',
  touches: 'the recorder pod is deleted (policy restart: provoke; observe deletes nothing)',
  needs: ['promoted'],
  // What is to be unchanged afterwards has to be known.
  requires: ({ restart }) => (restart === 'provoke' ? ['before'] : []),
  // Who observes or compares sees the recorder as it runs by itself. To look for an earlier restart disturbs nobody
  // but a comparison, because an inspector beside one of the two takes its CPU.
  after: ({ restart }) =>
    restart === 'provoke'
      ? ['collectorBefore', 'windowStart', 'observation', 'comparison']
      : ['comparison'],
  answeredBy: ['restart-writes', 'prior-archive-unchanged'],
  async perform(context, { promoted }): Promise<Restart> {
    if (context.policy.restart === 'observe') {
      return { mode: 'observe', earlier: await findEarlierRun(context, promoted) };
    }
    return {
      mode: 'provoke',
      ...(await replacePod(context, RECORDER_COMPONENT, promoted.pod)),
    };
  },
});

async function findEarlierRun(
  context: CheckContext,
  { pod }: PromotedPod,
): Promise<EarlierRun | null> {
  const startedAt = pod.startedAt === null ? context.now().getTime() : Date.parse(pod.startedAt);
  for (const lookBack of LOOK_BACK_MS) {
    const request =
      lookBack === null ? {} : { since: new Date(startedAt - lookBack).toISOString() };
    const report = await freshReport(context, request);
    const run = newestEarlier(report, pod.name);
    if (run === null) continue;
    if (report.archives.some((archive) => archive.run_id === run.run_id) || lookBack === null) {
      return { run, report };
    }
  }
  return null;
}

function newestEarlier(report: EarlierRun['report'], pod: string): EarlierRun['run'] | null {
  const earlier = report.run_manifests.filter(
    (run) => run.component === RECORDER_COMPONENT && run.pod !== pod,
  );
  return earlier.sort((a, b) => (a.started_at < b.started_at ? -1 : 1)).at(-1) ?? null;
}
