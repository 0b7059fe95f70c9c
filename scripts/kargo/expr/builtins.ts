import type { Builtin } from './builtin.ts';
import { ARRAY_BUILTINS } from './builtins-array.ts';
import { DATA_BUILTINS } from './builtins-data.ts';
import { NUMBER_BUILTINS } from './builtins-number.ts';
import { TEXT_BUILTINS } from './builtins-text.ts';
import { TIME_BUILTINS } from './builtins-time.ts';

/** The builtins without predicate, by name. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...ARRAY_BUILTINS,
  ...DATA_BUILTINS,
  ...NUMBER_BUILTINS,
  ...TEXT_BUILTINS,
  ...TIME_BUILTINS,
};
