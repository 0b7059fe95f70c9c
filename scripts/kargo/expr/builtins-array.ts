import { fetch, get } from './access.ts';
import { AnyMap } from './any-map.ts';
import type { Builtin } from './builtin.ts';
import { elements, entriesOf, NIL_ARRAY } from './conversions.ts';
import { equal } from './equality.ts';
import { Fault } from './error.ts';
import { runeCount } from './go-string.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';
import { sortValues } from './sorting.ts';
import { kindName, typeName } from './type-name.ts';
import { arrayOf, arrayType, isArray, Sized, type Value } from './value.ts';
import { stringVerbText, valueText } from './value-text.ts';

const length = (result: Value): number => (isArray(result) ? result.length : 0);

export const ARRAY_BUILTINS: Readonly<Record<string, Builtin>> = {
  len: {
    call: ([value = null]) => {
      const count =
        typeof value === 'string'
          ? runeCount(value)
          : (elements(value)?.length ?? entriesOf(value)?.length);
      if (count === undefined) {
        throw new Fault(`invalid argument for len (type ${typeName(value)})`);
      }
      return BigInt(count);
    },
  },
  first: { call: ([value = null]) => orNil(() => fetch(value, 0n)) },
  last: { call: ([value = null]) => orNil(() => fetch(value, -1n)) },
  get: { call: ([from = null, key = null]) => get(from, key) },
  take: { call: take },
  keys: { call: ([map = null]) => entries(map, 'get keys from').map(([key]) => key) },
  values: { call: ([map = null]) => entries(map, 'get values from').map(([, value]) => value) },
  toPairs: {
    call: ([map = null]) =>
      arrayOf(
        '[][2]interface {}',
        entries(map, 'transform', ' to pairs').map((pair) => arrayOf('[2]interface {}', pair)),
      ),
  },
  fromPairs: { call: ([pairs = null]) => fromPairs(pairs) },
  reverse: { call: ([list = null]) => [...items(list, 'reverse')].reverse(), size: length },
  uniq: {
    call: ([list = null]) => {
      const unique: Value[] = [];
      for (const item of items(list, 'uniq')) {
        if (!unique.some((seen) => equal(item, seen))) unique.push(item);
      }
      return unique;
    },
  },
  concat: {
    call: (lists) => {
      const all = lists.flatMap((list) => items(list, 'concat'));
      return all.length === 0 ? NIL_ARRAY : all;
    },
    size: length,
  },
  flatten: { call: ([list = null]) => flatten(items(list, 'flatten'), 0), size: length },
  sort: {
    call: ([list = null, ...order]) => {
      const values = isSortable(list) ? list : [];
      const sorted = sortValues(values, order[0]);
      return isSortable(list) ? sorted : NIL_ARRAY;
    },
    size: length,
  },
};

/** `first` and `last` give nil for whatever goes wrong. */
function orNil(action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function items(value: Value, verb: string): readonly Value[] {
  const list = elements(value);
  if (list === undefined) throw new Fault(`cannot ${verb} ${kindName(value)}`);
  return list;
}

function entries(value: Value, verb: string, tail = ''): [Value, Value][] {
  const found = entriesOf(value);
  if (found === undefined) throw new Fault(`cannot ${verb} ${kindName(value)}${tail}`);
  return found;
}

function take([list = null, count = null]: readonly Value[]): Value {
  const all = items(list, 'take from');
  const kind = kindName(count);
  if (!kind.startsWith('int')) throw new Fault(`cannot take ${kind} elements`);
  const wanted = typeof count === 'bigint' ? count : count instanceof Sized ? count.value : 0n;
  if (wanted < 0n) throw new Fault('reflect.Value.Slice: slice index out of bounds');
  const end = wanted > BigInt(all.length) ? all.length : Number(wanted);
  if (list instanceof Uint8Array) return list.slice(0, end);
  return isArray(list) ? arrayOf(arrayType(list), list.slice(0, end)) : null;
}

function fromPairs(value: Value): Value {
  const pairs = elements(value);
  if (pairs === undefined) {
    const shown = value === null ? '<invalid reflect.Value>' : stringVerbText(value);
    throw new Fault(`cannot transform ${shown} from pairs`);
  }
  const map = new AnyMap('interface {}');
  for (const item of pairs) {
    const pair = elements(item);
    if (pair === undefined) throw new Fault(`invalid pair ${valueText(item)}`);
    if (pair.length !== 2) throw new Fault(`invalid pair length ${valueText(item)}`);
    const [key = null, mapped = null] = pair;
    map.set(key, mapped);
  }
  return map;
}

function flatten(list: readonly Value[], depth: number): Value[] {
  if (depth > MAX_VALUE_DEPTH) throw new Fault('recursion depth exceeded');
  return list.flatMap((item) => {
    const inner = elements(item);
    return inner === undefined ? [item] : flatten(inner, depth + 1);
  });
}

function isSortable(value: Value): value is readonly Value[] {
  return isArray(value) && !arrayType(value).includes('[2]');
}
