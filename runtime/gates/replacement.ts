import type { ActContext } from './act.ts';
import type { Replacement } from './facts.ts';
import type { Pod } from './platform.ts';
import { describePod, livePods, notAloneOnDigest } from './recorder-pod.ts';
import { until } from './until.ts';

/** Deletes `old` and waits until another pod of `component` is ready, alone and on the promoted digest in its place. */
export async function replacePod(
  context: ActContext,
  component: string,
  old: Pod,
): Promise<Replacement> {
  const { platform, subject, policy } = context;
  const deletedAt = context.now();
  context.progress(`deleting ${describePod(old)}`);
  await platform.deletePod(subject.namespace, old.name);
  const what = `another ready pod of ${subject.imageDigest} in place of ${old.name}`;
  const replacement = await context.demanded('restart', () =>
    until(context, { what, timeoutMs: policy.readyTimeout }, async () => {
      const pods = await platform.pods(subject.namespace, component);
      if (pods.some((pod) => pod.uid === old.uid)) return { notYet: `${old.name} is still there` };
      const problem = notAloneOnDigest(pods, subject.imageDigest);
      const [pod] = livePods(pods);
      if (problem !== null || pod === undefined) return { notYet: problem ?? 'no pod' };
      return { done: pod };
    }),
  );
  return { old, replacement, deletedAt };
}
