import type { Builtin } from './builtin.ts';
import { asString, toInt } from './conversions.ts';
import { Fault } from './error.ts';
import { byteIndex, byteLength, concatenate } from './go-string.ts';
import { MEMORY_BUDGET } from './limits.ts';
import { typeName } from './type-name.ts';
import { arrayOf, isArray, type Value } from './value.ts';

const SPACES_AROUND = /^\p{White_Space}+|\p{White_Space}+$/gu;

/** A builtin that takes texts only. */
function ofTexts(call: (...texts: string[]) => Value): Builtin {
  return { call: (args) => call(...args.map(asString)) };
}

/** A builtin that takes a text and what to cut off, a space unless there are two arguments. Go looks at that first. */
function withEnd(cut: (text: string, end: string) => string): Builtin {
  return {
    call: ([text = null, ...rest]) => {
      const end = rest.length === 1 ? asString(rest[0] ?? null) : ' ';
      return cut(asString(text), end);
    },
  };
}

export const TEXT_BUILTINS: Readonly<Record<string, Builtin>> = {
  trim: ofTexts((text = '', set) =>
    set === undefined ? text.replaceAll(SPACES_AROUND, '') : trimSet(text, set),
  ),
  trimPrefix: withEnd((text, prefix) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: withEnd((text, suffix) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  upper: ofTexts((text = '') => mapCharacters(text, (character) => character.toUpperCase())),
  lower: ofTexts((text = '') => mapCharacters(text, (character) => character.toLowerCase())),
  split: { call: (args) => splitText(args, false) },
  splitAfter: { call: (args) => splitText(args, true) },
  replace: { call: replaceText },
  repeat: { call: repeatText, size: (result) => byteLength(asString(result)) },
  join: { call: joinTexts },
  indexOf: ofTexts((text = '', part = '') => BigInt(byteIndex(text, part, false))),
  lastIndexOf: ofTexts((text = '', part = '') => BigInt(byteIndex(text, part, true))),
  hasPrefix: ofTexts((text = '', part = '') => text.startsWith(part)),
  hasSuffix: ofTexts((text = '', part = '') => text.endsWith(part)),
};

function trimSet(text: string, set: string): string {
  const characters = [...text];
  const wanted = new Set(set);
  let start = 0;
  let end = characters.length;
  while (start < end && wanted.has(characters[start] ?? '')) start++;
  while (end > start && wanted.has(characters[end - 1] ?? '')) end--;
  return characters.slice(start, end).join('');
}

/** One character becomes one character: Go knows no `SS` for ß and no final sigma. */
function mapCharacters(text: string, change: (character: string) => string): string {
  let changed = '';
  for (const character of text) {
    const [first = '', ...rest] = change(character);
    // The one capital whose small letter JavaScript writes as two characters.
    if (rest.length === 0 || (character === '\u0130' && first === 'i')) changed += first;
    else changed += character;
  }
  return changed;
}

/** strings.Split and SplitN, or SplitAfter and SplitAfterN. */
function splitText(args: readonly Value[], keep: boolean): Value {
  const text = asString(args[0] ?? null);
  const separator = asString(args[1] ?? null);
  const limit = args.length > 2 ? Number(toInt(args[2] ?? null)) : -1;
  if (limit === 0) return arrayOf('[]string', []);
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit > 0 && parts.length > limit) {
    parts.splice(limit - 1, parts.length, parts.slice(limit - 1).join(separator));
  }
  const kept = keep
    ? parts.map((part, i) => (i < parts.length - 1 ? part + separator : part))
    : parts;
  return arrayOf('[]string', kept);
}

/** strings.Replace and ReplaceAll: an empty text stands before every character and at the end. */
function replaceText(args: readonly Value[]): Value {
  const [text = '', old = '', fresh = ''] = args.slice(0, 3).map(asString);
  const limit = args.length > 3 ? Number(toInt(args[3] ?? null)) : -1;
  if (old === fresh || limit === 0) return text;
  if (old === '') {
    const characters = [...text];
    const places = characters.length + 1;
    const count = limit < 0 ? places : Math.min(limit, places);
    const spread = characters.map((character, i) => (i < count ? fresh + character : character));
    return spread.join('') + (count === places ? fresh : '');
  }
  const parts = text.split(old);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  return parts.reduce((joined, part, i) => joined + (i <= count ? fresh : old) + part);
}

function repeatText([value = null, times = null]: readonly Value[]): Value {
  const text = asString(value);
  const count = toInt(times);
  if (count < 0n) {
    throw new Fault(`invalid argument for repeat (expected positive integer, got ${count})`);
  }
  if (count > 1_000_000n || byteLength(text) * Number(count) >= MEMORY_BUDGET) {
    throw new Fault('memory budget exceeded');
  }
  return text.repeat(Number(count));
}

function joinTexts([list = null, glue = '']: readonly Value[]): Value {
  const separator = asString(glue);
  const type = typeName(list);
  if (!isArray(list) || (type !== '[]string' && type !== '[]interface {}')) {
    throw new Fault(`invalid argument for join (type ${list === null ? '%!s(<nil>)' : type})`);
  }
  const texts = list.map(asString);
  return texts.length === 0
    ? ''
    : texts.reduce((a, b) => concatenate(concatenate(a, separator), b));
}
