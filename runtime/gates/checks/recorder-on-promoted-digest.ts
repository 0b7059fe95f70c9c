import { defineCheck } from '../check.ts';
import { judged } from '../outcome.ts';
import { describePods, livePods, notAloneOnDigest } from '../recorder-pod.ts';

/** The recorder that is judged is the promoted one, from the first look to the last. */
export const recorderOnPromotedDigest = defineCheck({
  id: 'recorder-on-promoted-digest',
  proves:
    'one recorder pod runs, ready and without container restarts, the image digest that was promoted, at the beginning and at the end',
  needs: ['promoted', 'podsAtEnd'],
  run({ subject }, { promoted, podsAtEnd }) {
    const problems: string[] = [];
    const begin = notAloneOnDigest([promoted.pod], subject.imageDigest);
    if (begin !== null) problems.push(`at the beginning ${begin}`);
    const end = notAloneOnDigest(podsAtEnd, subject.imageDigest);
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
      `1 pod, ready, 0 container restarts, digest ${subject.imageDigest} as the kubelet reports it`,
      `at the beginning ${describePods([promoted.pod])}; at the end ${describePods(podsAtEnd)}`,
      [...new Set(problems)],
      'what was judged is what was promoted',
    );
  },
});
