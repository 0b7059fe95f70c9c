import { AnyMap } from './any-map.ts';
import { asString, elements, NIL_ARRAY, toInt } from './conversions.ts';
import { equal } from './equality.ts';
import { Fault } from './error.ts';
import { byteAt, byteLength, sliceBytes } from './go-string.ts';
import { HostObject } from './host.ts';
import { methodOf } from './members.ts';
import { Time } from './time.ts';
import { kindName, typeName } from './type-name.ts';
import { arrayOf, arrayType, isArray, isMap, isTextMap, Sized, type Value } from './value.ts';
import { valueText } from './value-text.ts';

/** `value.key` and `value[key]`. What a map does not hold is nil; anything else that is not there is a Fault. */
export function fetch(from: Value, key: Value): Value {
  const found = find(from, key);
  if (found !== undefined) return found;
  if (isMap(from)) return isTextMap(from) ? '' : null;
  if (from instanceof AnyMap) return from.element === 'interface {}' ? null : NIL_ARRAY;
  const length = indexableLength(from);
  if (length === undefined) {
    throw new Fault(`cannot fetch ${valueText(key)} from ${typeName(from)}`);
  }
  const index = toInt(key);
  const shown = index < 0n ? index + BigInt(length) : index;
  throw new Fault(`index out of range: ${shown} (array length is ${length})`);
}

/** The builtin `get`: nil for whatever is not there. */
export function get(from: Value, key: Value): Value {
  if (from instanceof HostObject || from instanceof Time) asString(key);
  return find(from, key) ?? null;
}

function find(from: Value, key: Value): Value | undefined {
  if (from === null) return undefined;
  if (isMap(from)) {
    const name = mapKey(from, key);
    return Object.hasOwn(from, name) ? from[name] : undefined;
  }
  if (typeof key === 'string') {
    const method = methodOf(from, key);
    if (method !== undefined) return method;
  }
  if (isArray(from) || from instanceof Uint8Array) {
    const index = Number(toInt(key));
    return elements(from)?.[index < 0 ? index + from.length : index];
  }
  if (typeof from === 'string') {
    const index = Number(toInt(key));
    const byte = byteAt(from, index < 0 ? index + byteLength(from) : index);
    return byte === undefined ? undefined : new Sized('uint8', BigInt(byte));
  }
  if (from instanceof AnyMap) return from.get(key);
  if (from instanceof Time) asString(key);
  return from instanceof HostObject ? from.member(asString(key)) : undefined;
}

/** The key of a map of strings: nil stands for the empty text, anything but a string is a Fault. */
function mapKey(map: Value, key: Value): string {
  if (key === null) return '';
  if (typeof key === 'string') return key;
  throw unassignable(key, map instanceof AnyMap ? 'interface {}' : 'string');
}

export function unassignable(key: Value, type: string): Fault {
  return new Fault(
    `reflect.Value.MapIndex: value of type ${typeName(key)} is not assignable to type ${type}`,
  );
}

function indexableLength(value: Value): number | undefined {
  if (typeof value === 'string') return byteLength(value);
  return isArray(value) || value instanceof Uint8Array ? value.length : undefined;
}

/** `value[from:to]`: bounds count from the end if negative and are cut to the length. Strings count in bytes. */
export function slice(value: Value, from: Value, to: Value): Value {
  const length = indexableLength(value);
  if (length === undefined) throw new Fault(`cannot slice ${valueText(from)}`);
  const [first, last] = [toInt(from), toInt(to)];
  const cut = (bound: bigint) => {
    const index = Number(bound);
    return Math.max(index < 0 ? index + length : index, 0);
  };
  const end = Math.min(cut(last), length);
  const start = Math.min(cut(first), end);
  if (typeof value === 'string') return sliceBytes(value, start, end);
  if (value instanceof Uint8Array) return value.slice(start, end);
  return isArray(value)
    ? arrayOf(arrayType(value).replace(/^\[\d+\]/, '[]'), value.slice(start, end))
    : null;
}

/** `needle in haystack`: an element of an array, a key of a map, a field of a struct. Nothing is in nil. */
export function isIn(needle: Value, haystack: Value): boolean {
  if (haystack === null) return false;
  const list = elements(haystack);
  if (list !== undefined) return list.some((element) => equal(element, needle));
  if (isMap(haystack)) return Object.hasOwn(haystack, mapKey(haystack, needle));
  if (haystack instanceof AnyMap) return haystack.get(needle) !== undefined;
  const kind = kindName(haystack);
  if (kind === 'ptr') return haystack instanceof HostObject && hasField(needle, haystack);
  if (kind === 'struct') return hasField(needle, haystack);
  throw new Fault(`operator "in" not defined on ${typeName(haystack)}`);
}

function hasField(needle: Value, struct: Value): boolean {
  if (typeof needle !== 'string') {
    throw new Fault(`cannot use ${typeName(needle)} as field name of ${typeName(struct)}`);
  }
  return struct instanceof HostObject && Object.hasOwn(struct.fields, needle);
}

/** Whether a value is in a list of literals. nil stands for the zero value; other types are a Fault. */
export function isInLookup(
  needle: Value,
  of: 'int' | 'string',
  values: ReadonlySet<bigint | string>,
): boolean {
  if (needle === null) return values.has(of === 'int' ? 0n : '');
  if (typeof needle === 'bigint' && of === 'int') return values.has(needle);
  if (typeof needle === 'string' && of === 'string') return values.has(needle);
  throw unassignable(needle, of);
}

/** Length as the bounds of a slice count it: bytes of a string. */
export function lengthOf(value: Value): bigint {
  const length = indexableLength(value);
  if (length !== undefined) return BigInt(length);
  if (value instanceof AnyMap) return BigInt(value.size);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new Fault(`invalid argument for len (type ${typeName(value)})`);
}
