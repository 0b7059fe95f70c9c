import type { Bundle, BundleObject } from './bundle.ts';
import { items, valueAt } from './fields.ts';
import type { KnownScope } from './known-text.ts';
import { objectsOf } from './lookup.ts';
import type { Path } from './source-file.ts';
import { stepsOf } from './stage-steps.ts';
import { KARGO } from './written-steps.ts';

/** One entry of `apps` of an argocd-update step, as a promotion to a Stage meets it. */
export interface ApplicationUpdate {
  readonly stage: BundleObject;
  /** The Stage, or the task, that the step stands in. */
  readonly object: BundleObject;
  readonly path: Path;
  readonly scope: KnownScope;
}

/** Every update that promotions to the Stages of the bundle make, tasks followed. */
export function* applicationUpdates(bundle: Bundle): Generator<ApplicationUpdate> {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    for (const { object, path, value, scope } of stepsOf(bundle, stage)) {
      if (value['uses'] !== 'argocd-update') continue;
      const apps: Path = [...path, 'config', 'apps'];
      for (const index of items(valueAt(object.value, apps)).keys()) {
        yield { stage, object, path: [...apps, index], scope };
      }
    }
  }
}
