import { defineCheck } from '../check.ts';
import type { CollectorState } from '../facts.ts';
import { judged } from '../outcome.ts';

/** The production collector is as it was when the run began. */
export const collectorUnchanged = defineCheck({
  id: 'collector-unchanged',
  proves: 'the production collector has the same image, pods and readiness before and after',
  needs: ['collectorBefore', 'collectorAfter'],
  run({ subject }, { collectorBefore, collectorAfter }) {
    const place = `namespace ${subject.productionNamespace}`;
    const expected = `the collector in ${place} with the same image, the same pods and all replicas ready, before and after`;
    const observed = `before: ${describe(collectorBefore)}; after: ${describe(collectorAfter)}`;
    if (isAbsent(collectorBefore) && isAbsent(collectorAfter)) {
      return {
        status: 'not_applicable',
        expected,
        observed,
        reason: `there is no collector in ${place}, before or after, so there is nothing to compare`,
      };
    }
    return judged(
      expected,
      observed,
      differences(collectorBefore, collectorAfter),
      'production was not disturbed',
    );
  },
});

function isAbsent(state: CollectorState): boolean {
  return state.deployment === null && state.pods.length === 0;
}

function differences(before: CollectorState, after: CollectorState): string[] {
  if (before.deployment === null) return ['a collector appeared during the run'];
  if (after.deployment === null) return ['the collector vanished during the run'];
  const found: string[] = [];
  if (before.deployment.image !== after.deployment.image) {
    found.push(`image changed from ${before.deployment.image} to ${after.deployment.image}`);
  }
  for (const [when, state] of [
    ['before', before.deployment],
    ['after', after.deployment],
  ] as const) {
    if (state.desiredReplicas < 1 || state.readyReplicas < state.desiredReplicas) {
      found.push(`${state.readyReplicas} of ${state.desiredReplicas} replicas were ready ${when}`);
    }
  }
  const [was, is] = [identities(before), identities(after)];
  if (was !== is) found.push(`pods changed from [${was}] to [${is}]`);
  return found;
}

/** Who runs, on which image, how often restarted: any of these differs after a disturbance. */
function identities({ pods }: CollectorState): string {
  return pods
    .map(
      (pod) => `${pod.name} ${pod.uid} ${pod.imageDigest ?? 'no digest'} restarts ${pod.restarts}`,
    )
    .sort()
    .join(', ');
}

function describe({ deployment, pods }: CollectorState): string {
  return deployment === null
    ? `no Deployment, ${pods.length} pods`
    : `${deployment.readyReplicas}/${deployment.desiredReplicas} ready on ${deployment.image}, ${pods.length} pods`;
}
