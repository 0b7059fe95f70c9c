import { Duration } from './duration.ts';
import { numeric } from './equality.ts';
import { Fault } from './error.ts';
import { compareStrings, concatenate } from './go-string.ts';
import { Time } from './time.ts';
import { typeName } from './type-name.ts';
import { Sized, type Value, wrap } from './value.ts';

export type Comparison = '<' | '>' | '<=' | '>=';

/** Compares two numbers, strings, times or durations. */
export function compare(operator: Comparison, a: Value, b: Value): boolean {
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) {
    // Go compares as floats as soon as one of them is.
    return typeof x === typeof y ? holds(operator, x, y) : holds(operator, Number(x), Number(y));
  }
  if (typeof a === 'string' && typeof b === 'string')
    return holds(operator, compareStrings(a, b), 0);
  if (a instanceof Time && b instanceof Time) return holds(operator, a.compare(b), 0);
  if (a instanceof Duration && b instanceof Duration) return holds(operator, a.ns, b.ns);
  throw mismatch(operator, a, b);
}

function holds<T extends bigint | number>(operator: Comparison, x: T, y: T): boolean {
  switch (operator) {
    case '<':
      return x < y;
    case '>':
      return x > y;
    case '<=':
      return x <= y;
    case '>=':
      return x >= y;
  }
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return concatenate(a, b);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) {
    return typeof x === 'bigint' && typeof y === 'bigint' ? wrap(x + y) : Number(x) + Number(y);
  }
  if (a instanceof Time && b instanceof Duration) return a.add(b);
  if (a instanceof Duration && b instanceof Time) return b.add(a);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ns + b.ns);
  throw mismatch('+', a, b);
}

export function subtract(a: Value, b: Value): Value {
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) {
    return typeof x === 'bigint' && typeof y === 'bigint' ? wrap(x - y) : Number(x) - Number(y);
  }
  if (a instanceof Time && b instanceof Time) return a.sub(b);
  if (a instanceof Time && b instanceof Duration) return a.add(new Duration(-b.ns));
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ns - b.ns);
  throw mismatch('-', a, b);
}

/** An int times a duration is a duration; a float times a duration is a float. */
export function multiply(a: Value, b: Value): Value {
  const x = a instanceof Duration ? a.ns : numeric(a);
  const y = b instanceof Duration ? b.ns : numeric(b);
  if (x === undefined || y === undefined) throw mismatch('*', a, b);
  if (typeof x !== 'bigint' || typeof y !== 'bigint') return Number(x) * Number(y);
  const product = wrap(x * y);
  return a instanceof Duration || b instanceof Duration ? new Duration(product) : product;
}

export function divide(a: Value, b: Value): number {
  const x = numeric(a);
  const y = numeric(b);
  if (x === undefined || y === undefined) throw mismatch('/', a, b);
  return Number(x) / Number(y);
}

/** Of ints only; the sign is that of the left operand. */
export function modulo(a: Value, b: Value): bigint {
  const x = numeric(a);
  const y = numeric(b);
  if (typeof x !== 'bigint' || typeof y !== 'bigint') throw mismatch('%', a, b);
  if (y === 0n) throw new Fault('runtime error: integer divide by zero');
  return wrap(x % y);
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value;
  if (typeof value === 'bigint') return wrap(-value);
  if (value instanceof Sized) {
    const bits = value.type === 'int64' ? 64 : value.type === 'int32' ? 32 : 8;
    const negative = -value.value;
    return new Sized(
      value.type,
      value.type === 'uint8' ? BigInt.asUintN(bits, negative) : BigInt.asIntN(bits, negative),
    );
  }
  throw new Fault(`invalid operation: - ${typeName(value)}`);
}

function mismatch(operator: string, a: Value, b: Value): Fault {
  return new Fault(`invalid operation: ${typeName(a)} ${operator} ${typeName(b)}`);
}
