import { AnyMap } from './any-map.ts';
import { elements, isNil } from './conversions.ts';
import { Duration } from './duration.ts';
import { Location } from './location.ts';
import { Month, Time, Weekday } from './time.ts';
import { typeName } from './type-name.ts';
import { arrayType, isArray, isMap, Sized, type Value } from './value.ts';

/** `==` of the language: numbers of all types compare by value, times by instant, arrays element by element. */
export function equal(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b;
  const x = numeric(a);
  const y = x === undefined ? undefined : numeric(b);
  if (x !== undefined && y !== undefined) return sameNumber(x, y);
  if (a instanceof Time && b instanceof Time) return a.compare(b) === 0;
  if (areLooseArrays(a, b)) return sameElements(elements(a) ?? [], elements(b) ?? [], equal);
  if (isNil(a) && isNil(b)) return true;
  return deepEqual(a, b);
}

/** Go's reflect.DeepEqual, which knows no common ground of int and float64: it compares what maps hold. */
export function deepEqual(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a !== 'object' || typeof b !== 'object') return typeof a !== 'function' && a === b;
  if (typeName(a) !== typeName(b)) return false;
  const x = elements(a);
  const y = elements(b);
  if (x !== undefined && y !== undefined) {
    return isNil(a) === isNil(b) && sameElements(x, y, deepEqual);
  }
  if (a instanceof AnyMap && b instanceof AnyMap) {
    return a.size === b.size && [...a.entries()].every(([key, v]) => has(b.get(key), v));
  }
  if (a instanceof Duration && b instanceof Duration) return a.ns === b.ns;
  if (a instanceof Sized && b instanceof Sized) return a.value === b.value;
  if (a instanceof Month && b instanceof Month) return a.number === b.number;
  if (a instanceof Weekday && b instanceof Weekday) return a.number === b.number;
  if (a instanceof Location && b instanceof Location) return a.name === b.name;
  if (a instanceof Time && b instanceof Time) {
    return a.compare(b) === 0 && a.location.name === b.location.name;
  }
  if (!isMap(a) || !isMap(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && has(b[key], a[key] ?? null))
  );
}

function has(found: Value | undefined, wanted: Value): boolean {
  return found !== undefined && deepEqual(found, wanted);
}

/** The number that a value is, whatever its type; a Duration is none. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Sized ? value.value : undefined;
}

function sameNumber(x: bigint | number, y: bigint | number): boolean {
  return typeof x === typeof y ? x === y : Number(x) === Number(y);
}

const ANY_ARRAY = '[]interface {}';
const LOOSE = new Set([ANY_ARRAY, '[]string', '[]int', '[]float64', '[]uint8']);

/** Whether two arrays are compared element by element: one holds any, or both the same type. */
function areLooseArrays(a: Value, b: Value): boolean {
  const [x, y] = [looseType(a), looseType(b)];
  if (x === undefined || y === undefined || !LOOSE.has(x) || !LOOSE.has(y)) return false;
  return x === y || x === ANY_ARRAY || y === ANY_ARRAY;
}

function looseType(value: Value): string | undefined {
  if (isArray(value)) return arrayType(value);
  return value instanceof Uint8Array ? '[]uint8' : undefined;
}

function sameElements(
  x: readonly Value[],
  y: readonly Value[],
  same: (a: Value, b: Value) => boolean,
): boolean {
  return x.length === y.length && x.every((element, i) => same(element, y[i] ?? null));
}
