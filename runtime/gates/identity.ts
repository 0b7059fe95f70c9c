import type { CheckOutcome, Subject } from './check.ts';
import type { PromotedPod } from './facts.ts';
import { judged } from './outcome.ts';
import type { Pod } from './platform.ts';
import { describePods, livePods, notAloneOnDigest } from './recorder-pod.ts';

/** Judges that one pod of a Deployment runs the promoted digest from the first look to the last. */
export function judgeIdentity(
  { imageDigest }: Subject,
  promoted: PromotedPod,
  podsAtEnd: readonly Pod[],
): CheckOutcome {
  const problems: string[] = [];
  const begin = notAloneOnDigest([promoted.pod], imageDigest);
  if (begin !== null) problems.push(`at the beginning ${begin}`);
  const end = notAloneOnDigest(podsAtEnd, imageDigest);
  if (end !== null) problems.push(`at the end ${end}`);
  for (const pod of [promoted.pod, ...livePods(podsAtEnd)]) {
    if (pod.restarts !== 0) {
      problems.push(
        `the container of ${pod.name} restarted ${pod.restarts} times; nobody asked for that`,
      );
    }
  }
  if (promoted.deployment.desiredReplicas !== 1) {
    problems.push(
      `Deployment ${promoted.deployment.name} wants ${promoted.deployment.desiredReplicas} replicas; two writers share one volume`,
    );
  }
  return judged(
    `1 pod, ready, 0 container restarts, digest ${imageDigest} as the kubelet reports it`,
    `at the beginning ${describePods([promoted.pod])}; at the end ${describePods(podsAtEnd)}`,
    [...new Set(problems)],
    'what was judged is what was promoted',
  );
}
