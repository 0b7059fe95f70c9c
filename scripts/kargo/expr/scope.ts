import { AnyMap } from './any-map.ts';
import { elements } from './conversions.ts';
import { Fault } from './error.ts';
import { bytesOf } from './go-string.ts';
import type { SortBy } from './sorting.ts';
import { kindName } from './type-name.ts';
import { isMap, Sized, type Value } from './value.ts';

/** A loop over the elements of an array. */
export interface Scope {
  readonly items: readonly Value[];
  /** A map has a length, but no elements by number. */
  readonly unreadable: boolean;
  index: number;
  count: number;
  accumulator: Value;
  groups: AnyMap | undefined;
  sorting: SortBy | undefined;
}

/** Starts a loop over an array, or over the bytes of a string. */
export function openScope(value: Value): Scope {
  const keyed = value instanceof AnyMap || isMap(value);
  return {
    items: keyed ? new Array<Value>(sizeOf(value)).fill(null) : itemsOf(value),
    unreadable: keyed,
    index: 0,
    count: 0,
    accumulator: null,
    groups: undefined,
    sorting: undefined,
  };
}

/** The element that `#` stands for. */
export function currentItem({ items, index, unreadable }: Scope): Value {
  if (unreadable) throw new Fault('reflect: call of reflect.Value.Index on map Value');
  if (index >= items.length) {
    throw new Fault(`runtime error: index out of range [${index}] with length ${items.length}`);
  }
  return items[index] ?? null;
}

function sizeOf(value: Value): number {
  return value instanceof AnyMap ? value.size : Object.keys(value ?? {}).length;
}

function itemsOf(value: Value): readonly Value[] {
  const items = elements(value);
  if (items !== undefined) return items;
  if (typeof value === 'string') {
    return Array.from(bytesOf(value), (byte) => new Sized('uint8', BigInt(byte)));
  }
  const kind = kindName(value);
  const shown = kind === 'invalid' ? 'zero' : kind === 'ptr' ? 'ptr to non-array' : kind;
  throw new Fault(`reflect: call of reflect.Value.Len on ${shown} Value`);
}
