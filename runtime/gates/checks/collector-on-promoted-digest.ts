import { defineCheck } from '../check.ts';
import { judgeIdentity } from '../identity.ts';

/** The collector that is judged is the promoted one, from the first look to the last. */
export const collectorOnPromotedDigest = defineCheck({
  id: 'collector-on-promoted-digest',
  proves:
    'one collector pod runs, ready and without container restarts, the image digest that was promoted, at the beginning and at the end',
  needs: ['collectorPod', 'collectorPodsAtEnd'],
  run: ({ subject }, { collectorPod, collectorPodsAtEnd }) =>
    judgeIdentity(subject, collectorPod, collectorPodsAtEnd),
});
