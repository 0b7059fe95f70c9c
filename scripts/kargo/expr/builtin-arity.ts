/**
 * How many arguments builtins take at run time. The checker refuses other counts first, except where it does not
 * look: in members of `$env` and in bounds of slices of what it does not know.
 */
interface Arity {
  readonly min: number;
  readonly max: number;
  /** Go's words for a wrong count, or undefined where it reads an argument that is not there. */
  readonly complaint: ((count: number) => string) | undefined;
}

/** Builtins that take the last argument whatever there is, and leave the others on the stack. */
export const TAKES_TOP: ReadonlySet<string> = new Set(
  'len type abs ceil floor round int float string upper lower'.split(' '),
);

const exactly = (count: number): Arity => ({
  min: count,
  max: count,
  complaint: (got) => `invalid number of arguments (expected ${count}, got ${got})`,
});
const named = (name: string, min: number, max: number): Arity => ({
  min,
  max,
  complaint: (got) =>
    `invalid number of arguments for ${name} (expected ${min === max ? min : `${min} or ${max}`}, got ${got})`,
});
/** Reads that many and ignores what follows. */
const reads = (count: number): Arity => ({ min: count, max: Infinity, complaint: undefined });

const ARITIES: Readonly<Record<string, Arity>> = {
  ...Object.fromEntries(
    ['take', 'keys', 'values', 'toPairs', 'fromPairs', 'reverse', 'uniq', 'flatten'].map((name) => [
      name,
      exactly(name === 'take' ? 2 : 1),
    ]),
  ),
  ...Object.fromEntries(
    ['bitand', 'bitor', 'bitxor', 'bitnand', 'bitshl', 'bitshr', 'bitushr'].map((name) => [
      name,
      named(name, 2, 2),
    ]),
  ),
  bitnot: named('bitnot', 1, 1),
  get: { ...exactly(2), max: Infinity },
  now: { ...exactly(0), max: 1 },
  sort: {
    min: 1,
    max: 2,
    complaint: (got) => `invalid number of arguments (expected 1 or 2, got ${got})`,
  },
  concat: {
    min: 1,
    max: Infinity,
    complaint: () => 'invalid number of arguments (expected at least 1, got 0)',
  },
  trim: named('trim', 1, 2),
  split: named('split', 2, 3),
  splitAfter: named('splitAfter', 2, 3),
  replace: named('replace', 3, 4),
  ...Object.fromEntries(
    ['repeat', 'indexOf', 'lastIndexOf', 'hasPrefix', 'hasSuffix'].map((name) => [name, reads(2)]),
  ),
  ...Object.fromEntries(
    'trimPrefix trimSuffix join toJSON fromJSON toBase64 fromBase64 duration date timezone'
      .split(' ')
      .map((name) => [name, reads(1)]),
  ),
};

/** What is wrong with a count of arguments, if anything is. */
export function arityComplaint(name: string, count: number): string | undefined {
  const arity = ARITIES[name];
  if (arity === undefined || (count >= arity.min && count <= arity.max)) return undefined;
  return (
    arity.complaint?.(count) ?? `runtime error: index out of range [${count}] with length ${count}`
  );
}
