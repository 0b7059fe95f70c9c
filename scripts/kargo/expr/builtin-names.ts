/** What a builtin with a predicate takes; a trailing `?` marks what may be left out. */
export type PredicateArgument = 'value' | 'predicate' | 'value?' | 'predicate?';

const WITH_PREDICATE: readonly PredicateArgument[] = ['value', 'predicate'];

export const PREDICATE_BUILTINS: ReadonlyMap<string, readonly PredicateArgument[]> = new Map([
  ['all', WITH_PREDICATE],
  ['none', WITH_PREDICATE],
  ['any', WITH_PREDICATE],
  ['one', WITH_PREDICATE],
  ['filter', WITH_PREDICATE],
  ['map', WITH_PREDICATE],
  ['count', ['value', 'predicate?']],
  ['sum', ['value', 'predicate?']],
  ['find', WITH_PREDICATE],
  ['findIndex', WITH_PREDICATE],
  ['findLast', WITH_PREDICATE],
  ['findLastIndex', WITH_PREDICATE],
  ['groupBy', WITH_PREDICATE],
  ['sortBy', ['value', 'predicate', 'value?']],
  ['reduce', ['value', 'predicate', 'value?']],
]);

/** Builtins that take plain arguments. */
export const PLAIN_BUILTINS: ReadonlySet<string> = new Set(
  (
    'len type abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace ' +
    'repeat join indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now ' +
    'duration date timezone first last get take keys values toPairs fromPairs reverse uniq concat flatten sort ' +
    'bitand bitor bitxor bitnand bitshl bitshr bitushr bitnot'
  ).split(' '),
);

export function isBuiltin(name: string): boolean {
  return PLAIN_BUILTINS.has(name) || PREDICATE_BUILTINS.has(name);
}
