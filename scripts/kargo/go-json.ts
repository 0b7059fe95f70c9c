import { AnyMap } from './expr/any-map.ts';
import { Duration } from './expr/duration.ts';
import { Fault } from './expr/error.ts';
import { compareStrings } from './expr/go-string.ts';
import { Location } from './expr/location.ts';
import { Month, Time, Weekday } from './expr/time.ts';
import { formatTime } from './expr/time-format.ts';
import { typeName } from './expr/type-name.ts';
import { isArray, isMap, Sized, type Value } from './expr/value.ts';
import { VersionObject } from './functions/semver.ts';
import { KargoStruct } from './functions/struct.ts';
import { formatVersion } from './semver.ts';

/**
 * A value as Go's `json.Marshal` writes it: sorted keys, `<`, `>` and `&` escaped.
 *
 * @throws Fault for what JSON cannot hold (NaN, maps with keys of any type, functions), in Go's words
 */
export function goJson(value: Value): string {
  return write(value, undefined, '');
}

/** The same with line breaks and two blanks per level, as `json.MarshalIndent` writes it. */
export function goJsonIndented(value: Value): string {
  return write(value, '  ', '\n');
}

function write(value: Value, indent: string | undefined, newline: string): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return jsonNumber(value);
    case 'string':
      return jsonString(value);
    case 'function':
      throw new Fault(`json: unsupported type: ${typeName(value)}`);
  }
  if (isArray(value)) {
    const inner = deeper(indent, newline);
    return enclosed(
      '[',
      ']',
      value.map((entry) => write(entry, indent, inner)),
      indent,
      newline,
    );
  }
  if (value instanceof Sized) return String(value.value);
  if (value instanceof Uint8Array) return jsonString(Buffer.from(value).toString('base64'));
  if (value instanceof Time) return jsonString(jsonTime(value));
  if (value instanceof Duration) return String(value.ns);
  if (value instanceof Month || value instanceof Weekday) return String(value.number);
  if (value instanceof Location) return '{}';
  if (value instanceof AnyMap) throw new Fault(`json: unsupported type: ${typeName(value)}`);
  if (value instanceof VersionObject) return jsonString(formatVersion(value.version));
  if (value instanceof KargoStruct) return writeEntries(value.json, indent, newline);
  if (!isMap(value)) return '{}';
  const entries = Object.keys(value)
    .sort(compareStrings)
    .map((name) => ({ name, value: value[name] ?? null }));
  return writeEntries(entries, indent, newline);
}

function writeEntries(
  entries: readonly { readonly name: string; readonly value: Value }[],
  indent: string | undefined,
  newline: string,
): string {
  const inner = deeper(indent, newline);
  const colon = indent === undefined ? ':' : ': ';
  const lines = entries.map(
    ({ name, value }) => `${jsonString(name)}${colon}${write(value, indent, inner)}`,
  );
  return enclosed('{', '}', lines, indent, newline);
}

function deeper(indent: string | undefined, newline: string): string {
  return indent === undefined ? '' : newline + indent;
}

function enclosed(
  open: string,
  close: string,
  entries: readonly string[],
  indent: string | undefined,
  newline: string,
): string {
  if (entries.length === 0) return open + close;
  const inner = deeper(indent, newline);
  return `${open}${inner}${entries.join(`,${inner}`)}${newline}${close}`;
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) throw new Fault('json: unsupported value: NaN');
  if (!Number.isFinite(value)) {
    throw new Fault(`json: unsupported value: ${value < 0 ? '-' : '+'}Inf`);
  }
  // Go took the way numbers are printed from ECMAScript, except for the sign of zero.
  return Object.is(value, -0) ? '-0' : String(value);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function jsonString(text: string): string {
  let out = '';
  for (const character of text) out += ESCAPES.get(character) ?? escapedOrPlain(character);
  return `"${out}"`;
}

function escapedOrPlain(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Lone surrogates stand for bytes that are no UTF-8 (expr/go-string.ts).
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  const plain = code >= 0x20 && !'<>&\u2028\u2029'.includes(character);
  return plain ? character : `\\u${code.toString(16).padStart(4, '0')}`;
}

function jsonTime(time: Time): string {
  return formatTime(time, '2006-01-02T15:04:05.999999999Z07:00');
}
