import { AnyMap } from './any-map.ts';
import { entriesOf, NIL_ARRAY } from './conversions.ts';
import { Duration } from './duration.ts';
import { Fault } from './error.ts';
import { floatText } from './go-float.ts';
import { HostObject } from './host.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';
import { Location } from './location.ts';
import { Month, Time, Weekday } from './time.ts';
import { formatTime } from './time-format.ts';
import { RFC3339_NANO } from './time-layout.ts';
import { typeName } from './type-name.ts';
import { isArray, isMap, Sized, type Value } from './value.ts';

/** A value as Go's json.MarshalIndent writes it with two spaces: keys sorted, `<`, `>` and `&` escaped. */
export function jsonText(value: Value): string {
  return write(value, '\n');
}

function write(value: Value, newline: string): string {
  if (newline.length > 2 * MAX_VALUE_DEPTH) {
    throw new Fault(`json: value nests deeper than ${MAX_VALUE_DEPTH} levels`);
  }
  switch (typeof value) {
    case 'string':
      return jsonString(value);
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'number':
      return jsonNumber(value);
  }
  if (value === null || value === NIL_ARRAY) return 'null';
  if (value instanceof Sized) return `${value.value}`;
  if (value instanceof Duration) return `${value.ns}`;
  if (value instanceof Month || value instanceof Weekday) return `${value.number}`;
  if (value instanceof Time) return jsonString(formatTime(value, RFC3339_NANO));
  if (value instanceof Uint8Array) return jsonString(Buffer.from(value).toString('base64'));
  if (value instanceof Location) return '{}';
  if (isArray(value))
    return block(
      '[',
      value.map((item) => (inner) => write(item, inner)),
      ']',
      newline,
    );
  const object = value instanceof HostObject ? value.fields : value;
  if (value instanceof AnyMap || !isMap(object)) {
    throw new Fault(`json: unsupported type: ${typeName(value)}`);
  }
  const members = (entriesOf(object) ?? []).map(
    ([key, item]) =>
      (inner: string) =>
        `${jsonString(`${key}`)}: ${write(item, inner)}`,
  );
  return block('{', members, '}', newline);
}

function block(
  open: string,
  parts: readonly ((newline: string) => string)[],
  close: string,
  newline: string,
): string {
  if (parts.length === 0) return open + close;
  const inner = `${newline}  `;
  return `${open}${parts.map((part) => inner + part(inner)).join(',')}${newline}${close}`;
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Fault(`json: unsupported value: ${floatText(value)}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

const ESCAPED = /[<>&\u2028\u2029]/g;

function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
