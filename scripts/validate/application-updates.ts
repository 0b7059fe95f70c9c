import type { Bundle, BundleObject } from './bundle.ts';
import { fields, items, text, valueAt } from './fields.ts';
import { type Definition, definitionsAt, type KnownScope } from './known-text.ts';
import { objectsOf, together } from './lookup.ts';
import type { Path } from './source-file.ts';
import { KARGO, type WrittenStep, writtenSteps } from './written-steps.ts';

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
    const ofStage = [
      ...definitionsAt(stage, ['spec', 'vars']),
      ...definitionsAt(stage, ['spec', 'promotionTemplate', 'spec', 'vars']),
    ];
    for (const step of writtenSteps(stage)) {
      const given = definitionsAt(stage, [...step.path, 'vars']);
      const task = taskOf(bundle, stage, step);
      if (task === undefined) yield* updatesOf(stage, step, [...ofStage, ...given]);
      else {
        const names = new Set(ofStage.filter(hasValue).map(({ name }) => name));
        // The Promotion's variables beat the task's own, which are defaults.
        const defaults = definitionsAt(task, ['spec', 'vars']).filter(
          (definition) => !names.has(definition.name) && hasValue(definition),
        );
        for (const inner of writtenSteps(task)) {
          const own = definitionsAt(task, [...inner.path, 'vars']);
          yield* updatesOf(stage, inner, [...ofStage, ...defaults, ...given, ...own]);
        }
      }
    }
  }
}

function* updatesOf(
  stage: BundleObject,
  { object, path, value }: WrittenStep,
  variables: readonly Definition[],
): Generator<ApplicationUpdate> {
  if (value['uses'] !== 'argocd-update') return;
  const scope = { project: stage.namespace, stage: stage.name, variables };
  const apps: Path = [...path, 'config', 'apps'];
  for (const index of items(valueAt(object.value, apps)).keys()) {
    yield { stage, object, path: [...apps, index], scope };
  }
}

function taskOf(bundle: Bundle, stage: BundleObject, step: WrittenStep): BundleObject | undefined {
  const { kind = 'PromotionTask', name } = fields(step.value['task']);
  return objectsOf(bundle, KARGO, text(kind)).find(
    (object) => object.name === name && together(stage, object),
  );
}

function hasValue({ object, path }: Definition): boolean {
  return text(valueAt(object.value, path)) !== '';
}
