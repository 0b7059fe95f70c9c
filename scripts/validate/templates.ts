import type { BundleObject } from './bundle.ts';
import { fields, isFields, items, text, valueAt } from './fields.ts';
import type { Path } from './source-file.ts';
import { KARGO, writtenSteps } from './written-steps.ts';

/** Which functions an expression can call depends on where it stands (facts/kargo.md §4). */
export type TemplatePlace = 'variable' | 'step' | 'verification' | 'criteria';

/** A text in which Kargo evaluates expressions. */
export interface Template {
  readonly object: BundleObject;
  readonly path: Path;
  readonly text: string;
  readonly place: TemplatePlace;
}

/** Every text of a Kargo object that holds expressions, or is one (`criteria`). */
export function* templatesOf(object: BundleObject): Generator<Template> {
  if (object.group !== KARGO) return;
  const variables = (path: Path) => variablesAt(object, path);
  switch (object.kind) {
    case 'Stage':
      yield* variables(['spec', 'vars']);
      yield* variables(['spec', 'promotionTemplate', 'spec', 'vars']);
      yield* argumentsOf(object);
      break;
    case 'PromotionTask':
    case 'ClusterPromotionTask':
      yield* variables(['spec', 'vars']);
      break;
    case 'Warehouse':
      yield* textsBelow(object, ['spec', 'freightCreationCriteria', 'expression'], 'criteria');
      break;
  }
  for (const { path } of writtenSteps(object)) {
    yield* variables([...path, 'vars']);
    yield* textsBelow(object, [...path, 'if'], 'step');
    yield* textsBelow(object, [...path, 'config'], 'step');
  }
}

function* variablesAt(object: BundleObject, path: Path): Generator<Template> {
  for (const index of items(valueAt(object.value, path)).keys()) {
    yield* textsBelow(object, [...path, index, 'value'], 'variable');
  }
}

function* argumentsOf(object: BundleObject): Generator<Template> {
  const path: Path = ['spec', 'verification', 'args'];
  for (const [index, argument] of items(valueAt(object.value, path)).entries()) {
    const value = text(fields(argument)['value']);
    if (value === '') continue;
    yield { object, path: [...path, index, 'value'], text: value, place: 'verification' };
  }
}

/** Keys are never evaluated, values of any depth are. */
function* textsBelow(object: BundleObject, path: Path, place: TemplatePlace): Generator<Template> {
  const value = valueAt(object.value, path);
  if (typeof value === 'string') yield { object, path, text: value, place };
  else if (Array.isArray(value)) {
    for (const index of value.keys()) yield* textsBelow(object, [...path, index], place);
  } else if (isFields(value)) {
    for (const key of Object.keys(value)) yield* textsBelow(object, [...path, key], place);
  }
}
