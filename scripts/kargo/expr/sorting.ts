import { compare } from './arithmetic.ts';
import { Fault } from './error.ts';
import { typeName } from './type-name.ts';
import type { Value } from './value.ts';

/** What `sortBy` collects: elements, and what to sort them by. */
export interface SortBy {
  readonly descending: boolean;
  readonly items: Value[];
  readonly keys: Value[];
}

/** Whether the order that `sortBy` was given is descending. */
export function sortOrder(order: Value): boolean {
  if (typeof order !== 'string') throw new Fault('sortBy order argument must be a string');
  if (order !== 'asc' && order !== 'desc') throw new Fault('unknown order, use asc or desc');
  return order === 'desc';
}

/** The builtin `sort`. */
export function sortValues(values: readonly Value[], order: Value | undefined): Value[] {
  if (order !== undefined && typeof order !== 'string') {
    throw new Fault(`sort order argument must be a string (got ${typeName(order)})`);
  }
  if (order !== undefined && order !== 'asc' && order !== 'desc') {
    throw new Fault(`invalid order ${order}, expected asc or desc`);
  }
  return sortByKeys({ descending: order === 'desc', items: [...values], keys: [...values] });
}

/** Sorts by keys, in place of Go's sort.Sort, which is not stable for twelve elements and more. */
export function sortByKeys({ descending, items, keys }: SortBy): Value[] {
  const order = keys.map((_, index) => index);
  const before = (a: number, b: number) => {
    const [x, y] = [keys[a] ?? null, keys[b] ?? null];
    return descending ? compare('<', y, x) : compare('<', x, y);
  };
  goSort(order, before);
  return order.map((index) => items[index] ?? null);
}

/**
 * Insertion sort from the front, as Go sorts up to twelve elements: the order of comparisons decides which two
 * values an error names.
 */
function goSort(order: number[], before: (a: number, b: number) => boolean): void {
  const SHORT = 12;
  if (order.length > SHORT) {
    order.sort((a, b) => (before(a, b) ? -1 : before(b, a) ? 1 : 0));
    return;
  }
  for (let i = 1; i < order.length; i++) {
    for (let j = i; j > 0; j--) {
      const [left, right] = [order[j - 1] ?? 0, order[j] ?? 0];
      if (!before(right, left)) break;
      order[j - 1] = right;
      order[j] = left;
    }
  }
}
