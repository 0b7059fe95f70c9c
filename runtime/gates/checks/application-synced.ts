import { defineCheck } from '../check.ts';
import { deliveryFaults } from '../delivery-state.ts';
import { firstFew } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** What Argo CD delivered is what was promoted, the whole of it, and nothing else. */
export const applicationSynced = defineCheck({
  id: 'application-synced',
  proves:
    'the Application is Synced at the revision that the Stage’s last promotion of this commit and image pushed, with every object of the render and nothing left to prune',
  needs: ['delivery'],
  run({ subject, policy }, { delivery }) {
    const { promotion, application } = delivery;
    const problems = deliveryFaults(delivery, subject, policy.objects);
    return judged(
      `last promotion of Stage ${subject.stage} Succeeded with this commit and image; its Application Synced at the revision it pushed, 0 conditions of trouble, 0 objects to prune, each of ${policy.objects.length} objects Synced`,
      `${promotion === null ? 'no promotion' : `promotion ${promotion.name} ${promotion.phase}`}; ${application === null ? 'no Application' : `Application ${application.name} ${application.sync} at ${application.revision ?? 'no revision'}, ${application.resources.length} objects`}`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'what runs was rendered from the promoted release, whole',
    );
  },
});
