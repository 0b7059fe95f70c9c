import { suggestion } from '../../../runtime/config/suggestion.ts';
import { KARGO_STEP_KINDS } from '../../kargo/steps/index.ts';
import { text } from '../fields.ts';
import type { Check } from '../rule.ts';
import { writtenSteps } from '../written-steps.ts';

/** Kargo takes a Stage with any `uses` and fails only when the step's turn comes, perhaps after the push. */
export const checkStepKinds: Check = function* ({ bundle, count }) {
  for (const step of bundle.objects.flatMap(writtenSteps)) {
    count('steps');
    const kind = text(step.value['uses']);
    if (kind === '' || KARGO_STEP_KINDS.has(kind)) continue;
    const near = suggestion(kind, KARGO_STEP_KINDS);
    yield {
      rule: 'kargo/unknown-step',
      at: step.object.at([...step.path, 'uses']),
      message: ENTERPRISE.test(kind)
        ? `Kargo's open-source edition has no step ${kind}: it belongs to the Enterprise edition`
        : `Kargo 1.11 has no step ${kind}`,
      fix:
        near === null
          ? `use one of: ${[...KARGO_STEP_KINDS].toSorted().join(', ')}`
          : `did you mean ${near}?`,
    };
  }
};

/** Steps that Akuity's edition adds (facts/kargo.md §3). */
const ENTERPRISE =
  /^(gh-.+|gha-(dispatch|wait-for)-workflow|hcl-update|jfrog-evidence|jira|send-message|snow-.+|tf-.+|get-user-input|wait-for-approval|record-audit-event)$/;
