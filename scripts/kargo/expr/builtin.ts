import type { Value } from './value.ts';

/** A builtin without predicate. How many arguments there are has been checked. */
export interface Builtin {
  readonly call: (args: readonly Value[]) => Value;
  /** How much of the memory budget the result takes. */
  readonly size?: (result: Value) => number;
}
