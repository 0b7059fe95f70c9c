import type { Bundle, BundleObject } from './bundle.ts';
import { type Fields, fields, text, valueAt } from './fields.ts';
import { type Definition, definitionsAt, type KnownScope } from './known-text.ts';
import { objectsOf, together } from './lookup.ts';
import type { Path } from './source-file.ts';
import { KARGO, type WrittenStep, writtenSteps } from './written-steps.ts';

/** A step as a promotion to a Stage meets it: tasks followed. */
export interface StageStep extends WrittenStep {
  readonly stage: BundleObject;
  /** Where it stands in the Stage: itself, or the step that names its task. */
  readonly written: WrittenStep;
  /** The task it stands in; null if it stands in the Stage. */
  readonly task: BundleObject | null;
  /** What is known while it runs. */
  readonly scope: KnownScope;
}

/** All steps of a promotion to `stage`, in order. */
export function stepsOf(bundle: Bundle, stage: BundleObject): readonly StageStep[] {
  const ofStage = [
    ...definitionsAt(stage, ['spec', 'vars']),
    ...definitionsAt(stage, ['spec', 'promotionTemplate', 'spec', 'vars']),
  ];
  const scoped = (variables: readonly Definition[]): KnownScope => ({
    project: stage.namespace,
    stage: stage.name,
    variables,
  });
  return writtenSteps(stage).flatMap((written): readonly StageStep[] => {
    const given = definitionsAt(stage, [...written.path, 'vars']);
    const task = taskOf(bundle, written);
    if (task === undefined) {
      return [{ ...written, stage, written, task: null, scope: scoped([...ofStage, ...given]) }];
    }
    const names = new Set(ofStage.filter(hasValue).map(({ name }) => name));
    // The Promotion's variables beat the task's own, which are defaults.
    const defaults = definitionsAt(task, ['spec', 'vars']).filter(
      (definition) => !names.has(definition.name) && hasValue(definition),
    );
    return writtenSteps(task).map((inner) => ({
      ...inner,
      stage,
      written,
      task,
      scope: scoped([
        ...ofStage,
        ...defaults,
        ...given,
        ...definitionsAt(task, [...inner.path, 'vars']),
      ]),
    }));
  });
}

/** The task that a step of a Stage names, if it does and the bundle has it. */
export function taskOf(bundle: Bundle, step: WrittenStep): BundleObject | undefined {
  const { kind = 'PromotionTask', name } = fields(step.value['task']);
  return objectsOf(bundle, KARGO, text(kind)).find(
    (object) => object.name === name && together(step.object, object),
  );
}

/** Name under which later steps find a step's output. */
export function aliasOf({ value, path }: { readonly value: Fields; readonly path: Path }): string {
  const alias = text(value['as']);
  return alias === '' ? `step-${String(Number(path.at(-1)) + 1)}` : alias;
}

function hasValue({ object, path }: Definition): boolean {
  return text(valueAt(object.value, path)) !== '';
}
