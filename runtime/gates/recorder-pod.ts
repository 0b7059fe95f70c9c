import type { Pod } from './platform.ts';

/** Pods that are not on their way out. For a second or two after a sync the old ones still answer (facts/observed.md 20). */
export function livePods(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    (pod) => !pod.terminating && pod.phase !== 'Succeeded' && pod.phase !== 'Failed',
  );
}

/**
 * Why `pods` are not exactly one ready recorder that runs `digest`, or null if they are. The digest is the one that
 * the kubelet reports for the running container, never the one requested.
 */
export function notAloneOnDigest(pods: readonly Pod[], digest: string): string | null {
  const live = livePods(pods);
  const [pod] = live;
  if (pod === undefined) return pods.length === 0 ? 'no pod' : `only ${describePods(pods)}`;
  if (live.length > 1) return `${live.length} pods at the same time: ${describePods(live)}`;
  if (pod.imageDigest === null)
    return `${describePod(pod)}: the kubelet reports no image digest yet`;
  if (pod.imageDigest !== digest) return `${describePod(pod)} instead of ${digest}`;
  if (!pod.ready) return `${describePod(pod)}, not ready`;
  return null;
}

export function describePods(pods: readonly Pod[]): string {
  return pods.length === 0 ? 'no pod' : pods.map(describePod).join('; ');
}

export function describePod(pod: Pod): string {
  const state = pod.terminating ? 'terminating' : pod.phase;
  return `pod ${pod.name} (${state}) runs ${pod.imageDigest ?? `nothing yet of ${pod.image}`}`;
}
