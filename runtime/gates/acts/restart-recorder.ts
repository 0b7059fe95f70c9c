import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import type { EarlierRun, Restart, Seen } from '../facts.ts';
import { freshReport } from '../inspection.ts';
import { describePod, livePods, notAloneOnDigest } from '../recorder-pod.ts';
import { until } from '../until.ts';
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
  needs: ['promoted', 'before'],
  answeredBy: ['restart-writes', 'prior-archive-unchanged'],
  async perform(context, seen): Promise<Restart> {
    return context.policy.restart === 'provoke'
      ? provoke(context, seen)
      : { mode: 'observe', earlier: await findEarlierRun(context, seen) };
  },
});

async function provoke(
  context: CheckContext,
  { promoted }: Pick<Seen, 'promoted'>,
): Promise<Restart> {
  const { platform, subject, policy } = context;
  const old = promoted.pod;
  const deletedAt = context.now();
  context.progress(`deleting ${describePod(old)}`);
  await platform.deletePod(subject.namespace, old.name);
  const replacement = await until(
    context,
    {
      what: `another ready pod of ${subject.imageDigest} in place of ${old.name}`,
      timeoutMs: policy.readyTimeout,
    },
    async () => {
      const pods = await platform.pods(subject.namespace, RECORDER_COMPONENT);
      if (pods.some((pod) => pod.uid === old.uid)) return { notYet: `${old.name} is still there` };
      const problem = notAloneOnDigest(pods, subject.imageDigest);
      const [pod] = livePods(pods);
      if (problem !== null || pod === undefined) return { notYet: problem ?? 'no pod' };
      return { done: pod };
    },
  );
  return { mode: 'provoke', old, replacement, deletedAt };
}

async function findEarlierRun(
  context: CheckContext,
  { promoted, before }: Pick<Seen, 'promoted' | 'before'>,
): Promise<EarlierRun | null> {
  const { pod } = promoted;
  const startedAt = pod.startedAt === null ? context.now().getTime() : Date.parse(pod.startedAt);
  const known = newestEarlier(before.report, pod.name);
  for (const lookBack of LOOK_BACK_MS) {
    const request =
      lookBack === null ? {} : { since: new Date(startedAt - lookBack).toISOString() };
    const report = await freshReport(context, request);
    const run = newestEarlier(report, pod.name) ?? known;
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
