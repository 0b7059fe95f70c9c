import { OrderbooksError } from '../../../runtime/errors.ts';
import { items, spanOf } from './json-spans.ts';

/**
 * A JSON text with one value set, the rest byte for byte as it was, as tidwall/sjson does it: missing keys are made,
 * lists are filled up with null, `-1` appends. The text itself is not checked.
 *
 * @param raw the value as JSON
 */
export function jsonSet(text: string, path: string, raw: string): string {
  return set(text, partsOf(path), raw);
}

interface Part {
  readonly name: string;
  /** Written `:7`: a key, although it looks like an index. */
  readonly isKey: boolean;
}

function partsOf(path: string): readonly Part[] {
  const parts: Part[] = [];
  let name = '';
  let isKey = false;
  for (let at = 0; at < path.length; at += 1) {
    const sign = path[at] ?? '';
    if (sign === '\\') {
      at += 1;
      name += path[at] ?? '';
    } else if (sign === '.') {
      parts.push({ name, isKey });
      name = '';
      isKey = false;
    } else if (sign === ':' && name === '' && !isKey) isKey = true;
    else if ('|#@*?'.includes(sign)) {
      throw new OrderbooksError(
        'JSON_PATH',
        'cannot set value for a complex path; expected a path without | # @ * ?',
      );
    } else name += sign;
  }
  return [...parts, { name, isKey }];
}

function set(text: string, parts: readonly Part[], raw: string): string {
  const [part, ...rest] = parts;
  if (part === undefined) return raw;
  const span = spanOf(text, part.name);
  if (span !== null) {
    const value = rest.length === 0 ? raw : set(text.slice(span.from, span.to), rest, raw);
    return text.slice(0, span.from) + value + text.slice(span.to);
  }
  const body = /^[{[]/.test(text.trim()) ? text.trim() : indexOf(part) === null ? '{}' : '[]';
  return body.startsWith('{') ? inObject(body, parts, raw) : inList(body, part, parts, raw);
}

function inObject(object: string, parts: readonly Part[], raw: string): string {
  const inner = object.slice(0, object.lastIndexOf('}'));
  return `${inner}${inner.slice(1).trim() === '' ? '' : ','}${built(parts, false, raw)}}`;
}

function inList(list: string, part: Part, parts: readonly Part[], raw: string): string {
  const index = indexOf(part);
  const made = built(parts, true, raw);
  if (index === null) {
    if (part.name !== '-1' || part.isKey) {
      const message = `cannot set array element for non-numeric key '${part.name}'`;
      throw new OrderbooksError('JSON_PATH', message);
    }
    const inner = list.slice(0, list.lastIndexOf(']'));
    return `${inner}${inner.slice(1).trim() === '' ? '' : ','}${made}]`;
  }
  const present = items(list).map(({ from, to }) => list.slice(from, to));
  const missing = new Array<string>(Math.max(0, index - present.length)).fill('null');
  return `[${[...present, ...missing, made].join(',')}]`;
}

/** What is made where the path leads nowhere yet. */
function built([part, ...rest]: readonly Part[], isItem: boolean, raw: string): string {
  const key = isItem || part === undefined ? '' : `${JSON.stringify(part.name)}:`;
  const [next] = rest;
  if (next === undefined) return `${key}${raw}`;
  const index = indexOf(next);
  if (index === null && (next.name !== '-1' || next.isKey)) {
    return `${key}{${built(rest, false, raw)}}`;
  }
  return `${key}[${'null,'.repeat(index ?? 0)}${built(rest, true, raw)}]`;
}

/** More would only fill memory with null. */
const LARGEST_INDEX = 100_000;

function indexOf({ name, isKey }: Part): number | null {
  if (isKey || !/^\d+$/.test(name)) return null;
  if (Number(name) <= LARGEST_INDEX) return Number(name);
  throw new OrderbooksError(
    'JSON_PATH',
    `index ${name} is too large; expected at most ${LARGEST_INDEX}, or write :${name} if a key is meant`,
  );
}
