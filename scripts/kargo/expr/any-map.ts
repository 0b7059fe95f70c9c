import { Fault } from './error.ts';
import { typeName } from './type-name.ts';
import { isMap, Sized, type Value } from './value.ts';

/** Go's map[any]…: keys of different types never meet, `1` and `1.0` are two. */
export class AnyMap {
  /** Go type of the values: `interface {}` (fromPairs) or `[]interface {}` (groupBy). */
  readonly element: 'interface {}' | '[]interface {}';
  readonly #entries = new Map<unknown, readonly [Value, Value]>();

  constructor(element: 'interface {}' | '[]interface {}') {
    this.element = element;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined where the key is absent. Throws Fault for a key that cannot be one, such as an array. */
  get(key: Value): Value | undefined {
    return this.#entries.get(identity(key))?.[1];
  }

  set(key: Value, value: Value): void {
    // NaN equals nothing in Go, not even itself: every one is a new entry.
    const id = Number.isNaN(key) ? Symbol('NaN') : identity(key);
    this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, value]);
  }

  /** Adds a value to the array that stands under a key. */
  append(key: Value, value: Value): void {
    const id = identity(key, 'hash of unhashable type: ');
    const group = this.#entries.get(id)?.[1];
    if (Array.isArray(group) && !Number.isNaN(key)) group.push(value);
    else this.set(key, [value]);
  }

  entries(): IterableIterator<readonly [Value, Value]> {
    return this.#entries.values();
  }
}

const BY_REFLECTION = 'runtime error: hash of unhashable type ';

/** What two keys share exactly if Go holds them for the same key. */
function identity(key: Value, complaint = BY_REFLECTION): unknown {
  if (typeof key === 'string') return `text ${key}`;
  if (key === null || (typeof key !== 'object' && typeof key !== 'function')) return key;
  if (key instanceof Sized) return `${key.type} ${key.value}`;
  if (!isMap(key) && 'mapKey' in key) return `${typeName(key)} ${key.mapKey}`;
  throw new Fault(`${complaint}${typeName(key)}`);
}
