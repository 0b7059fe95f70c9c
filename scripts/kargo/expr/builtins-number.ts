import { compare, negate } from './arithmetic.ts';
import type { Builtin } from './builtin.ts';
import { elements, toFloat } from './conversions.ts';
import { Duration } from './duration.ts';
import { numeric } from './equality.ts';
import { Fault } from './error.ts';
import { parseGoFloat, roundHalfAway } from './go-float.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';
import { MAX_INT } from './number-literal.ts';
import { Month, Weekday } from './time.ts';
import { typeName } from './type-name.ts';
import { isArray, Sized, truncate, type Value, wrap } from './value.ts';

/** A builtin of one argument. */
function unary(call: (value: Value) => Value): Builtin {
  return { call: ([value = null]) => call(value) };
}

export const NUMBER_BUILTINS: Readonly<Record<string, Builtin>> = {
  abs: unary((value) => {
    const number = numeric(value);
    if (number === undefined) throw new Fault(`invalid argument for abs (type ${typeName(value)})`);
    return number < 0 ? negate(value) : value;
  }),
  ceil: unary((value) => Math.ceil(measured('ceil', value))),
  floor: unary((value) => Math.floor(measured('floor', value))),
  round: unary((value) => roundHalfAway(measured('round', value))),
  int: unary(toInteger),
  float: unary(toFloating),
  max: { call: (args) => extreme('max', '<', args, 0) },
  min: { call: (args) => extreme('min', '>', args, 0) },
  mean: {
    call: (args) => {
      const numbers = allNumbers('mean', args, 0);
      return numbers.length === 0 ? 0 : numbers.reduce((a, b) => a + b, 0) / numbers.length;
    },
  },
  median: { call: (args) => median(allNumbers('median', args, 0)) },
  bitand: bits('bitand', (x, y) => x & y),
  bitor: bits('bitor', (x, y) => x | y),
  bitxor: bits('bitxor', (x, y) => x ^ y),
  bitnand: bits('bitnand', (x, y) => x & ~y),
  bitshl: bits('bitshl', (x, y) => (shift(y) >= 64n ? 0n : x << y)),
  bitshr: bits('bitshr', (x, y) => x >> (shift(y) >= 64n ? 63n : y)),
  bitushr: bits('bitushr', (x, y) => (shift(y) >= 64n ? 0n : BigInt.asUintN(64, x) >> y)),
  bitnot: unary((value) => ~strictInteger('bitnot', value)),
};

function measured(name: string, value: Value): number {
  const number = numeric(value);
  if (number === undefined)
    throw new Fault(`invalid argument for ${name} (type ${typeName(value)})`);
  return Number(number);
}

function toInteger(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncate(value);
  if (value instanceof Sized) return value.value;
  if (value instanceof Duration) return value.ns;
  if (value instanceof Month || value instanceof Weekday) return BigInt(value.number);
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const integer = BigInt(value.replace(/^\+/, ''));
    if (integer <= MAX_INT && integer >= -MAX_INT - 1n) return integer;
  }
  if (value === null) throw new Fault('reflect: call of reflect.Value.Type on zero Value');
  throw new Fault(`invalid operation: int(${typeof value === 'string' ? value : typeName(value)})`);
}

function toFloating(value: Value): number {
  if (typeof value !== 'string') return toFloat(value);
  const number = parseGoFloat(value);
  if (number === undefined) throw new Fault(`invalid operation: float(${value})`);
  return number;
}

/** Whether Go holds a value for a number of some type, durations and months included. */
function isNumeric(value: Value): boolean {
  return (
    numeric(value) !== undefined ||
    value instanceof Duration ||
    value instanceof Month ||
    value instanceof Weekday
  );
}

/** The largest or smallest of numbers and of arrays of numbers at any depth. */
function extreme(name: string, worse: '<' | '>', args: readonly Value[], depth: number): Value {
  checkDepth(depth);
  let best: Value = null;
  const consider = (value: Value) => {
    if (best === null || compare(worse, best, value)) best = value;
  };
  for (const arg of args) {
    const list = elements(arg);
    if (list !== undefined) {
      const plain = isArray(arg) && typeName(arg) === '[]interface {}';
      for (const element of list) {
        if (numeric(element) !== undefined) consider(element);
        else if (elements(element) !== undefined) {
          const inner = extreme(name, worse, [element], depth + 1);
          if (inner !== null) consider(inner);
          else if (!plain) throw invalid(name, inner);
        } else {
          throw invalid(name, element);
        }
      }
    } else if (isNumeric(arg)) {
      consider(arg);
    } else {
      if (args.length === 1) return arg;
      throw invalid(name, arg);
    }
  }
  return best;
}

/** All numbers of arrays at any depth, as floats. */
function allNumbers(name: string, args: readonly Value[], depth: number): number[] {
  checkDepth(depth);
  return args.flatMap((arg) => {
    const list = elements(arg);
    if (list !== undefined) return allNumbers(name, list, depth + 1);
    if (!isNumeric(arg)) throw invalid(name, arg);
    return Number(numberOf(arg));
  });
}

function numberOf(value: Value): bigint | number {
  return numeric(value) ?? toInteger(value);
}

function median(numbers: number[]): number {
  if (numbers.length === 0) return 0;
  // NaN comes first, as in sort.Float64s.
  const sorted = numbers.sort((a, b) =>
    Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b,
  );
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function checkDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new Fault('recursion depth exceeded');
}

function invalid(name: string, value: Value): Fault {
  return new Fault(`invalid argument for ${name} (type ${typeName(value)})`);
}

function bits(name: string, apply: (x: bigint, y: bigint) => bigint): Builtin {
  return {
    call: ([left = null, right = null]) =>
      wrap(apply(strictInteger(name, left), strictInteger(name, right))),
  };
}

function shift(count: bigint): bigint {
  if (count < 0n) {
    throw new Fault(`invalid operation: negative shift count ${count} (type int)`);
  }
  return count;
}

function strictInteger(name: string, value: Value): bigint {
  const number = numeric(value);
  if (typeof number === 'bigint') return number;
  throw new Fault(`cannot use ${typeName(value)} as argument (type int) to call ${name}`);
}
