import type { BundleObject } from './bundle.ts';
import { type Fields, fields, items, valueAt } from './fields.ts';
import type { Path } from './source-file.ts';

/** A promotion step as it stands in a Stage or task. */
export interface WrittenStep {
  readonly object: BundleObject;
  readonly path: Path;
  readonly value: Fields;
}

export const KARGO = 'kargo.akuity.io';

/** Kinds that have promotion steps, and where. */
const STEPS: ReadonlyMap<string, Path> = new Map([
  ['Stage', ['spec', 'promotionTemplate', 'spec', 'steps']],
  ['PromotionTask', ['spec', 'steps']],
  ['ClusterPromotionTask', ['spec', 'steps']],
]);

export function writtenSteps(object: BundleObject): readonly WrittenStep[] {
  const path = object.group === KARGO ? STEPS.get(object.kind) : undefined;
  if (path === undefined) return [];
  return items(valueAt(object.value, path)).map((value, index) => ({
    object,
    path: [...path, index],
    value: fields(value),
  }));
}
