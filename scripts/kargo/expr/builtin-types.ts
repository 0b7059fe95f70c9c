import { Fault } from './error.ts';
import { ANY, ANY_ARRAY, FLOAT, type GoType, goType, INT, LOCATION, TIME } from './go-type.ts';

/** Type of an argument; undefined for the literal nil. */
type Argument = GoType | undefined;

/** Checks the arguments of a builtin and gives the type of its result; throws Fault with Go's words. */
export type Validator = (args: readonly Argument[]) => GoType;

/** What a builtin without types of its own counts as when it is only named. */
export const UNTYPED_FUNCTION = goType('func(...interface {}) (interface {}, error)');

const strings = (...texts: string[]): readonly GoType[] => texts.map(goType);

/** Go types of the builtins, one per overload, in the order in which they are tried. */
export const BUILTIN_TYPES: Readonly<Record<string, readonly GoType[]>> = {
  all: strings('func([]interface {}, func(interface {}) bool) bool'),
  none: strings('func([]interface {}, func(interface {}) bool) bool'),
  any: strings('func([]interface {}, func(interface {}) bool) bool'),
  one: strings('func([]interface {}, func(interface {}) bool) bool'),
  filter: strings('func([]interface {}, func(interface {}) bool) []interface {}'),
  map: strings('func([]interface {}, func(interface {}) interface {}) []interface {}'),
  find: strings('func([]interface {}, func(interface {}) bool) interface {}'),
  findIndex: strings('func([]interface {}, func(interface {}) bool) int'),
  findLast: strings('func([]interface {}, func(interface {}) bool) interface {}'),
  findLastIndex: strings('func([]interface {}, func(interface {}) bool) int'),
  count: strings('func([]interface {}, func(interface {}) bool) int'),
  sum: strings('func([]interface {}, func(interface {}) bool) int'),
  groupBy: strings(
    'func([]interface {}, func(interface {}) interface {}) map[interface {}][]interface {}',
  ),
  sortBy: strings('func([]interface {}, func(interface {}) bool, string) []interface {}'),
  reduce: strings(
    'func([]interface {}, func(interface {}, interface {}) interface {}, interface {}) interface {}',
  ),
  type: strings('func(interface {}) string'),
  string: strings('func(interface {}) string'),
  trim: strings('func(string) string', 'func(string, string) string'),
  trimPrefix: strings('func(string, string) string', 'func(string) string'),
  trimSuffix: strings('func(string, string) string', 'func(string) string'),
  upper: strings('func(string) string'),
  lower: strings('func(string) string'),
  split: strings('func(string, string) []string', 'func(string, string, int) []string'),
  splitAfter: strings('func(string, string) []string', 'func(string, string, int) []string'),
  replace: strings(
    'func(string, string, string, int) string',
    'func(string, string, string) string',
  ),
  repeat: strings('func(string, int) string'),
  join: strings(
    'func([]string, string) string',
    'func([]interface {}, string) string',
    'func([]interface {}) string',
    'func([]string, string) string',
    'func([]string) string',
  ),
  indexOf: strings('func(string, string) int'),
  lastIndexOf: strings('func(string, string) int'),
  hasPrefix: strings('func(string, string) bool'),
  hasSuffix: strings('func(string, string) bool'),
  toJSON: strings('func(interface {}) string'),
  fromJSON: strings('func(string) interface {}'),
  toBase64: strings('func(string) string'),
  fromBase64: strings('func(string) string'),
  duration: strings('func(string) (time.Duration, error)'),
  timezone: strings('func(string) (*time.Location, error)'),
  sort: strings(
    'func([]interface {}, string) []interface {}',
    'func([]int, string) []interface {}',
    'func([]float64, string) []interface {}',
    'func([]string, string) []interface {}',
    'func([]interface {}) []interface {}',
    'func([]float64) []interface {}',
    'func([]string) []interface {}',
    'func([]int) []interface {}',
  ),
  bitand: strings('func(int, int) int'),
  bitor: strings('func(int, int) int'),
  bitxor: strings('func(int, int) int'),
  bitnand: strings('func(int, int) int'),
  bitshl: strings('func(int, int) int'),
  bitshr: strings('func(int, int) int'),
  bitushr: strings('func(int, int) int'),
  bitnot: strings('func(int) int'),
};

const NUMBERS = ['int', 'int32', 'int64', 'uint8', 'float64'];
const ARRAYS = ['slice', 'array'];
const ANY_MAP = goType('map[interface {}]interface {}');

/** Builtins that look at their arguments themselves. */
export const VALIDATORS: Readonly<Record<string, Validator>> = {
  len: one(
    ['slice', 'array', 'map', 'string'],
    (arg) => `invalid argument for len (type ${arg})`,
    () => INT,
  ),
  abs: one(
    NUMBERS,
    (arg) => `invalid argument for abs (type ${arg})`,
    (arg) => arg,
  ),
  ceil: one(
    NUMBERS,
    (arg) => `invalid argument for ceil (type ${arg})`,
    () => FLOAT,
  ),
  floor: one(
    NUMBERS,
    (arg) => `invalid argument for floor (type ${arg})`,
    () => FLOAT,
  ),
  round: one(
    NUMBERS,
    (arg) => `invalid argument for round (type ${arg})`,
    () => FLOAT,
  ),
  int: one(
    [...NUMBERS, 'string'],
    (arg) => `invalid argument for int (type ${arg})`,
    () => INT,
  ),
  float: one(
    [...NUMBERS, 'string'],
    (arg) => `invalid argument for float (type ${arg})`,
    () => FLOAT,
  ),
  first: one(ARRAYS, (arg) => `cannot get first element from ${arg}`, elementOrAny),
  last: one(ARRAYS, (arg) => `cannot get last element from ${arg}`, elementOrAny),
  keys: one(
    ['map'],
    (arg) => `cannot get keys from ${arg}`,
    () => ANY_ARRAY,
  ),
  values: one(
    ['map'],
    (arg) => `cannot get values from ${arg}`,
    () => ANY_ARRAY,
  ),
  toPairs: one(
    ['map'],
    (arg) => `cannot transform ${arg} to pairs`,
    () => ANY_ARRAY,
  ),
  fromPairs: one(
    ARRAYS,
    (arg) => `cannot transform ${arg} from pairs`,
    () => ANY_MAP,
  ),
  reverse: one(
    ARRAYS,
    (arg) => `cannot reverse ${arg}`,
    () => ANY_ARRAY,
  ),
  uniq: one(
    ARRAYS,
    (arg) => `cannot uniq ${arg}`,
    () => ANY_ARRAY,
  ),
  flatten: one(
    ARRAYS,
    (arg) => `cannot flatten ${arg}`,
    () => ANY_ARRAY,
  ),
  max: aggregate('max'),
  min: aggregate('min'),
  mean: aggregate('mean'),
  median: aggregate('median'),
  take: (args) => {
    requireCount(args, 2);
    if (!fits(args[0], ARRAYS)) throw new Fault(`cannot take from ${shown(args[0])}`);
    if (!fits(args[1], ['int', 'int32', 'int64'])) {
      throw new Fault(`cannot take ${shown(args[1])} elements`);
    }
    return args[0] ?? ANY;
  },
  concat: (args) => {
    if (args.length === 0) {
      throw new Fault('invalid number of arguments (expected at least 1, got 0)');
    }
    for (const arg of args) {
      if (!fits(arg, ARRAYS)) throw new Fault(`cannot concat ${shown(arg)}`);
    }
    return ANY_ARRAY;
  },
  now: (args) => {
    if (args.length > 1 || (args.length === 1 && args[0] !== LOCATION)) {
      throw new Fault(`invalid number of arguments (expected 0, got ${args.length})`);
    }
    return TIME;
  },
  date: (args) => {
    if (args.length < 1) {
      throw new Fault('invalid number of arguments (expected at least 1, got 0)');
    }
    const rest = args[0] === LOCATION ? args.length - 1 : args.length;
    if (rest > 3) throw new Fault(`invalid number of arguments (expected at most 3, got ${rest})`);
    return TIME;
  },
};

/** A builtin of one argument that has one of some kinds, or is not known. */
function one(
  kinds: readonly string[],
  complaint: (type: string) => string,
  result: (type: GoType) => GoType,
): Validator {
  return (args) => {
    requireCount(args, 1);
    const [arg] = args;
    if (arg === undefined || !fits(arg, kinds)) throw new Fault(complaint(shown(arg)));
    return result(arg);
  };
}

function aggregate(name: string): Validator {
  return (args) => {
    if (args.length === 0) throw new Fault(`not enough arguments to call ${name}`);
    for (const arg of args) {
      if (fits(arg, ARRAYS)) return ANY;
      if (!fits(arg, NUMBERS)) throw new Fault(`invalid argument for ${name} (type ${shown(arg)})`);
    }
    return args[0] ?? ANY;
  };
}

function requireCount(args: readonly Argument[], count: number): void {
  if (args.length !== count) {
    throw new Fault(`invalid number of arguments (expected ${count}, got ${args.length})`);
  }
}

/** Whether an argument is not known or has one of some kinds, itself or behind a pointer. */
function fits(arg: Argument, kinds: readonly string[]): boolean {
  let type = arg;
  while (type?.kind === 'ptr') type = type.element;
  return type !== undefined && (type === ANY || kinds.includes(type.kind));
}

/** Go's `%s` of a missing type. */
function shown(arg: Argument): string {
  return arg?.text ?? '%!s(<nil>)';
}

function elementOrAny(type: GoType): GoType {
  return type === ANY ? ANY : (type.element ?? ANY);
}
