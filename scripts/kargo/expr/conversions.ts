import { AnyMap } from './any-map.ts';
import { Fault } from './error.ts';
import { compareStrings } from './go-string.ts';
import { typeName } from './type-name.ts';
import { isArray, isMap, Sized, truncate, type Value } from './value.ts';

/** An array that Go holds for nil although it has a type: `== nil` and `??` take it for nil. */
export const NIL_ARRAY: Value & readonly Value[] = Object.freeze([]);

export function isNil(value: Value): boolean {
  return value === null || value === NIL_ARRAY;
}

/** Go's type assertions: they give the value or say what it is instead. */
export function asString(value: Value): string {
  if (typeof value === 'string') return value;
  throw notA('string', value);
}

export function asBool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw notA('bool', value);
}

export function notA(wanted: string, value: Value): Fault {
  const actual = value === null ? 'nil' : typeName(value);
  return new Fault(`interface conversion: interface {} is ${actual}, not ${wanted}`);
}

/** An index or a bound as an int; floats are truncated. */
export function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncate(value);
  if (value instanceof Sized) return value.value;
  throw new Fault(`invalid operation: int(${typeName(value)})`);
}

export function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Sized) return Number(value.value);
  throw new Fault(`invalid operation: float(${typeName(value)})`);
}

/** The elements of an array or of bytes; undefined for anything else. */
export function elements(value: Value): readonly Value[] | undefined {
  if (isArray(value)) return value;
  if (value instanceof Uint8Array)
    return Array.from(value, (byte) => new Sized('uint8', BigInt(byte)));
  return undefined;
}

/** Keys and values of a map, in the order of the text of the keys; undefined for anything else. */
export function entriesOf(value: Value): [Value, Value][] | undefined {
  if (value instanceof AnyMap) return Array.from(value.entries(), ([k, v]) => [k, v]);
  if (!isMap(value)) return undefined;
  return Object.keys(value)
    .sort(compareStrings)
    .map((key) => [key, value[key] ?? null]);
}
