import { AnyMap } from './expr/any-map.ts';
import { Duration } from './expr/duration.ts';
import { Fault } from './expr/error.ts';
import { floatText } from './expr/go-float.ts';
import { Month, Time, Weekday } from './expr/time.ts';
import { formatTime } from './expr/time-format.ts';
import { typeName } from './expr/type-name.ts';
import { isArray, isMap, Sized, type Value } from './expr/value.ts';
import { KargoStruct } from './functions/struct.ts';
import { formatGoDuration } from './go-duration.ts';
import { compareKeys } from './yaml-keys.ts';
import { doubleQuoted, scalarStyle } from './yaml-scalar.ts';

const INDENT = 4;
const NS_PER_MS = 1e6;

/**
 * A value as Go's yaml.v3 writes it, which `asYAML()` uses: four blanks per level, keys in its own order, fields of
 * structs in lower case.
 *
 * @throws Fault for what YAML cannot hold
 */
export function goYaml(value: Value): string {
  return node(value, 0, false, '');
}

/**
 * The text of a value that stands after `lead` on a line; `indent` is that of the collection around it, and `inItem`
 * says that it is an item of a list.
 */
function node(value: Value, indent: number, inItem: boolean, lead: string): string {
  const inner = inItem ? indent + 2 : INDENT * Math.floor((indent + INDENT) / INDENT);
  const top = lead === '';
  if (isArray(value) || value instanceof Uint8Array) {
    const items: readonly Value[] = isArray(value) ? value : [...value].map(BigInt);
    if (items.length === 0) return `${lead}[]\n`;
    return collection(
      items.map((item) => (at: number) => node(item, at, true, '- ')),
      top ? 0 : inner,
      inItem,
      lead,
    );
  }
  const entries = entriesOf(value);
  if (entries === undefined) return `${lead}${scalar(value, inner)}\n`;
  if (entries.length === 0) return `${lead}{}\n`;
  return collection(
    entries.map(
      ([key, entry]) =>
        (at: number) =>
          mapEntry(key, entry, at),
    ),
    top ? 0 : inner,
    inItem,
    lead,
  );
}

/** Items below each other; the first one stays on the line of a list's dash. */
function collection(
  items: readonly ((indent: number) => string)[],
  indent: number,
  inItem: boolean,
  lead: string,
): string {
  const margin = ' '.repeat(indent);
  const lines = items.map((item) => margin + item(indent));
  if (lead === '') return lines.join('');
  return inItem ? lead + lines.join('').slice(indent) : `${lead.trimEnd()}\n${lines.join('')}`;
}

function mapEntry(key: Value, value: Value, indent: number): string {
  return node(value, indent, false, `${scalar(key, indent, true)}: `);
}

function entriesOf(value: Value): readonly (readonly [Value, Value])[] | undefined {
  if (value instanceof KargoStruct) {
    return Object.entries(value.fields).map(([name, field]) => [
      name.toLowerCase(),
      // A map that a struct does not have is an empty one here.
      field === null ? {} : field,
    ]);
  }
  if (value instanceof AnyMap) {
    return [...value.entries()].sort(([left], [right]) => compareKeys(`${left}`, `${right}`));
  }
  if (typeof value !== 'object' || value === null || !isMap(value)) return undefined;
  return Object.keys(value)
    .sort(compareKeys)
    .map((key) => [key, value[key] ?? null]);
}

function scalar(value: Value, indent: number, isKey = false): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return float(value);
  if (typeof value === 'string') return textScalar(value, indent, isKey);
  if (value instanceof Sized) return String(value.value);
  if (value instanceof Duration) return formatGoDuration(Number(value.ns) / NS_PER_MS);
  if (value instanceof Month || value instanceof Weekday) return String(value.number);
  if (value instanceof Time) return formatTime(value, '2006-01-02T15:04:05.999999999Z07:00');
  throw new Fault(`cannot marshal type: ${typeName(value)}`);
}

function float(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  return floatText(value);
}

function textScalar(text: string, indent: number, isKey: boolean): string {
  switch (scalarStyle(text, isKey)) {
    case 'plain':
      return text;
    case 'single':
      return `'${text.replaceAll("'", "''")}'`;
    case 'double':
      return doubleQuoted(text);
    case 'literal':
      return literal(text, indent);
  }
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? String(INDENT) : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const margin = ' '.repeat(indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}
