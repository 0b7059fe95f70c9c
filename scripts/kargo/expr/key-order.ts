import { Duration } from './duration.ts';
import { compareStrings } from './go-string.ts';
import { Month, Time, Weekday } from './time.ts';
import { Sized, type Value } from './value.ts';

/** The order in which Go prints the keys of a map of any keys: nil, then numbers and texts by their order. */
export function orderKeys(a: Value, b: Value): number {
  const [x, y] = [rank(a), rank(b)];
  if (x !== y) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const [m, n] = [size(a), size(b)];
  return m < n ? -1 : m > n ? 1 : 0;
}

function rank(value: Value): number {
  if (value === null) return 0;
  if (typeof value === 'bigint' || typeof value === 'number' || value instanceof Sized) return 1;
  if (typeof value === 'boolean') return 2;
  return typeof value === 'string' ? 3 : 4;
}

function size(value: Value): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Sized) return value.value;
  if (value instanceof Duration) return value.ns;
  if (value instanceof Time) return value.unixNano;
  return value instanceof Month || value instanceof Weekday ? value.number : 0;
}
