import { ARRAY_BUILTINS } from './builtins-array.ts';
import { DATA_BUILTINS } from './builtins-data.ts';
import { NUMBER_BUILTINS } from './builtins-number.ts';
import { TEXT_BUILTINS } from './builtins-text.ts';
import { TIME_BUILTINS } from './builtins-time.ts';
import type { Value } from './value.ts';

/** A builtin without predicate. How many arguments there are has been checked. */
export interface Builtin {
  readonly call: (args: readonly Value[]) => Value;
  /** How much of the memory budget the result takes. */
  readonly size?: (result: Value) => number;
}

export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...ARRAY_BUILTINS,
  ...DATA_BUILTINS,
  ...NUMBER_BUILTINS,
  ...TEXT_BUILTINS,
  ...TIME_BUILTINS,
};
