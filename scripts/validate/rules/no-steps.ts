import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import { objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { KARGO, writtenSteps } from '../written-steps.ts';

/**
 * A Stage without steps only passes Freight on. That is wanted of some; one that also says how it is promoted, verified
 * or synced has lost its steps.
 */
export const checkNoSteps: Check = function* ({ bundle }) {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    if (writtenSteps(stage).length > 0) continue;
    // An empty list is refused by Kargo itself, which is a finding of its own.
    if (Array.isArray(valueAt(stage.value, STEPS))) continue;
    const sign = signOfPromotion(bundle, stage);
    if (sign === null) continue;
    yield {
      rule: 'kargo/no-steps',
      at: stage.atKey(['spec', 'promotionTemplate']),
      message: `Stage ${stage.name} has no steps, so a promotion to it changes nothing; but ${sign}`,
      fix: 'give it steps under spec.promotionTemplate.spec.steps, or remove what only a Stage with steps needs',
    };
  }
};

const STEPS: Path = ['spec', 'promotionTemplate', 'spec', 'steps'];

function signOfPromotion(bundle: Bundle, stage: BundleObject): string | null {
  const spec = fields(stage.value['spec']);
  if (Object.hasOwn(spec, 'promotionTemplate')) return 'it has a promotionTemplate';
  if (Object.hasOwn(spec, 'verification')) return 'it has a verification';
  if (items(spec['vars']).length > 0) return 'it has variables';
  const entry = `${stage.namespace}:${stage.name}`;
  const application = objectsOf(bundle, 'argoproj.io', 'Application').find(({ value }) =>
    text(valueAt(value, ['metadata', 'annotations', 'kargo.akuity.io/authorized-stage']))
      .split(',')
      .some((stages) => stages.trim() === entry),
  );
  if (application !== undefined) return `Application ${application.name} lets it sync`;
  const automatic = objectsOf(bundle, KARGO, 'ProjectConfig')
    .filter((config) => together(config, stage))
    .flatMap(({ value }) => items(valueAt(value, ['spec', 'promotionPolicies'])))
    .find((policy) => valueAt(policy, ['stageSelector', 'name']) === stage.name);
  return automatic === undefined ? null : 'the ProjectConfig has a promotion policy for it';
}
