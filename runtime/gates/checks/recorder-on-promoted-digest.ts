import { defineCheck } from '../check.ts';
import { judgeIdentity } from '../identity.ts';

/** The recorder that is judged is the promoted one, from the first look to the last. */
export const recorderOnPromotedDigest = defineCheck({
  id: 'recorder-on-promoted-digest',
  proves:
    'one recorder pod runs, ready and without container restarts, the image digest that was promoted, at the beginning and at the end',
  needs: ['promoted', 'podsAtEnd'],
  run: ({ subject }, { promoted, podsAtEnd }) => judgeIdentity(subject, promoted, podsAtEnd),
});
