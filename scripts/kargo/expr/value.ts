import type { AnyMap } from './any-map.ts';
import type { Duration } from './duration.ts';
import type { HostObject } from './host.ts';
import type { Location } from './location.ts';
import type { Month, Time, Weekday } from './time.ts';

/**
 * What an expression computes with, and the Go type that it stands for.
 *
 * | here | Go |
 * | --- | --- |
 * | null | nil |
 * | boolean, string | bool, string (go-string.ts says how stray bytes are kept) |
 * | bigint | int |
 * | number | float64 |
 * | Sized | the other integer types, which only methods and iterated strings give |
 * | Uint8Array | []byte |
 * | array | []any, or what `arrayType` says: ranges are []int, split gives []string |
 * | ValueMap | map[string]any: an object without prototype (any plain object is accepted) |
 * | AnyMap | map[any]any of fromPairs, map[any][]any of groupBy |
 * | Time, Duration, Month, Weekday, Location | those of package time |
 * | function | a function of the host, or a method that was not called |
 * | HostObject | a struct of the host |
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Sized
  | Uint8Array
  | ValueArray
  | ValueMap
  | AnyMap
  | Time
  | Duration
  | Month
  | Weekday
  | Location
  | HostFunction
  | HostObject;

/** A function of the host. What it throws becomes an ExprError with the same text. */
export type HostFunction = (...args: Value[]) => Value;

/** Go's map[string]any. */
export interface ValueMap {
  readonly [key: string]: Value;
}

const TYPE = Symbol('Go type of the array');
const ANY_ARRAY = '[]interface {}';

/** Go's []any, or another type if marked by `arrayOf`. */
export type ValueArray = readonly Value[] & { readonly [TYPE]?: string };

/** An array of another Go type than []any, such as `[]int` or `[2]interface {}`. */
export function arrayOf(type: string, values: Value[]): ValueArray {
  if (type !== ANY_ARRAY) Object.defineProperty(values, TYPE, { value: type });
  return values;
}

/** The Go type of an array. */
export function arrayType(array: ValueArray): string {
  return array[TYPE] ?? ANY_ARRAY;
}

export type SizedType = 'int32' | 'int64' | 'uint8';

/** An integer of a type other than int. */
export class Sized {
  readonly type: SizedType;
  readonly value: bigint;

  constructor(type: SizedType, value: bigint) {
    this.type = type;
    this.value = value;
  }
}

/** An empty map without prototype, to be filled. */
export function emptyMap(): Record<string, Value> {
  return Object.create(null);
}

const TEXTS = Symbol('map[string]string');

/** Go's map[string]string, which host functions give: what it does not hold is the empty text, not nil. */
export function textMap(texts: Readonly<Record<string, string>>): ValueMap {
  return Object.defineProperty(Object.assign(emptyMap(), texts), TEXTS, { value: true });
}

/** Whether a map was made by `textMap`. */
export function isTextMap(map: ValueMap): boolean {
  return TEXTS in map;
}

/** Whether a value is a map[string]any and not one of the classes. */
export function isMap(value: Value): value is ValueMap {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function isArray(value: Value): value is ValueArray {
  return Array.isArray(value);
}

const MIN_INT = -(2n ** 63n);

/** Wraps an integer to 64 bits, as Go's int does. */
export function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Truncates a float to an int; what does not fit becomes the smallest int, as on amd64. */
export function truncate(value: number): bigint {
  const whole = Math.trunc(value);
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : MIN_INT;
}
