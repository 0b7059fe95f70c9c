import { defineCheck } from '../check.ts';
import type { CollectorState } from '../facts.ts';
import { judged } from '../outcome.ts';
import { livePods } from '../recorder-pod.ts';

/**
 * The production collector is as it was when the run began, or was rolled out by the very promotion that is judged. A
 * canary has no business with it; a promotion of full replaces it, and must have replaced it whole.
 */
export const collectorUnchanged = defineCheck({
  id: 'collector-unchanged',
  proves:
    'the production collector has the same image, pods and readiness before and after, or was replaced by exactly the promoted release',
  needs: ['collectorBefore', 'collectorAfter'],
  run({ subject }, { collectorBefore, collectorAfter }) {
    const place = `namespace ${subject.productionNamespace}`;
    const ofProduction = subject.namespace === subject.productionNamespace;
    const expected = ofProduction
      ? `the collector in ${place} on ${subject.imageDigest} with all replicas ready, and from then on the same pods`
      : `the collector in ${place} with the same image, the same pods and all replicas ready, before and after`;
    const observed = `before: ${describe(collectorBefore)}; after: ${describe(collectorAfter)}`;
    if (isAbsent(collectorBefore) && isAbsent(collectorAfter)) {
      return {
        status: 'not_applicable',
        expected,
        observed,
        reason: `there is no collector in ${place}, before or after, so there is nothing to compare`,
      };
    }
    if (!ofProduction) {
      const found = differences(collectorBefore, collectorAfter);
      return judged(expected, observed, found, 'production was not disturbed');
    }
    // What this promotion had rolled out before the run began must stay as it is like any other collector.
    const rolledOut = unfinished(collectorBefore, subject.imageDigest).length === 0;
    const left = unfinished(collectorAfter, subject.imageDigest);
    return judged(
      expected,
      observed,
      left.length === 0 && rolledOut
        ? differences(livePart(collectorBefore), livePart(collectorAfter))
        : left,
      rolledOut
        ? 'production was not disturbed, and its collector is that of the promoted release'
        : 'what changed is explained: the promotion replaced the collector, whole and by the promoted digest',
    );
  },
});

function isAbsent(state: CollectorState): boolean {
  return state.deployment === null && state.pods.length === 0;
}

/** Without the pods of the release before, which may still be on their way out. */
function livePart(state: CollectorState): CollectorState {
  return { ...state, pods: livePods(state.pods) };
}

/** Why a collector is not, whole and ready, the release with `digest`; empty if it is. */
function unfinished({ deployment, pods }: CollectorState, digest: string): string[] {
  if (deployment === null) return ['the collector vanished during the run'];
  const found: string[] = [];
  if (!deployment.image.endsWith(`@${digest}`)) {
    found.push(`the collector is to run ${deployment.image} instead of the promoted ${digest}`);
  }
  if (!isReady(deployment)) found.push(`${replicas(deployment)} were ready after`);
  const live = livePods(pods);
  if (live.length !== deployment.desiredReplicas) {
    found.push(`${live.length} pods for ${deployment.desiredReplicas} replicas`);
  }
  for (const pod of live) {
    if (pod.imageDigest !== digest) {
      found.push(`pod ${pod.name} runs ${pod.imageDigest ?? 'nothing yet'} instead of ${digest}`);
    }
    if (!pod.ready) found.push(`pod ${pod.name} is not ready`);
    if (pod.restarts > 0) found.push(`pod ${pod.name} restarted ${pod.restarts} times`);
  }
  return found;
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
    if (!isReady(state)) found.push(`${replicas(state)} were ready ${when}`);
  }
  const [was, is] = [identities(before), identities(after)];
  if (was !== is) found.push(`pods changed from [${was}] to [${is}]`);
  return found;
}

type Replicas = NonNullable<CollectorState['deployment']>;

function isReady({ desiredReplicas, readyReplicas }: Replicas): boolean {
  return desiredReplicas >= 1 && readyReplicas >= desiredReplicas;
}

function replicas({ desiredReplicas, readyReplicas }: Replicas): string {
  return `${readyReplicas} of ${desiredReplicas} replicas`;
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
