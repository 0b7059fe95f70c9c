import type { Bundle, BundleObject } from './bundle.ts';
import { fields, items, valueAt } from './fields.ts';
import { objectsOf, together } from './lookup.ts';
import { KARGO } from './written-steps.ts';

/** The first policy of a ProjectConfig for a Stage by its exact name: that one counts; -1 if there is none. */
export function policyIndex(config: BundleObject, stage: BundleObject): number {
  if (!together(config, stage)) return -1;
  return items(valueAt(config.value, ['spec', 'promotionPolicies']))
    .map(fields)
    .findIndex(
      ({ stage: named, stageSelector }) =>
        named === stage.name || fields(stageSelector)['name'] === stage.name,
    );
}

export function isPromotedAutomatically(bundle: Bundle, stage: BundleObject): boolean {
  return objectsOf(bundle, KARGO, 'ProjectConfig').some(
    (config) =>
      valueAt(config.value, [
        'spec',
        'promotionPolicies',
        policyIndex(config, stage),
        'autoPromotionEnabled',
      ]) === true,
  );
}
