import type { Builtin } from './builtin.ts';
import { asString } from './conversions.ts';
import { Duration } from './duration.ts';
import { Fault } from './error.ts';
import { bytesOf, fromBytes } from './go-string.ts';
import { HostObject } from './host.ts';
import { parseJson } from './json-parse.ts';
import { jsonText } from './json-text.ts';
import { Location, UTC } from './location.ts';
import { Month, Time, Weekday } from './time.ts';
import { kindName, typeName } from './type-name.ts';
import type { Value } from './value.ts';
import { valueText } from './value-text.ts';

export const DATA_BUILTINS: Readonly<Record<string, Builtin>> = {
  type: { call: ([value = null]) => typeWord(value) },
  string: {
    // Behind the pointer to a zone Go prints the struct; of other zones that is their whole table, here their name.
    call: ([value = null]) => (value === UTC ? '{UTC [] []  0 0 <nil>}' : valueText(value)),
  },
  toJSON: { call: ([value = null]) => jsonText(value) },
  fromJSON: { call: ([text = null]) => parseJson(asString(text)) },
  toBase64: {
    call: ([text = null]) => Buffer.from(bytesOf(asString(text))).toString('base64'),
  },
  fromBase64: { call: ([text = null]) => decodeBase64(asString(text)) },
};

const WORDS: Readonly<Record<string, string>> = {
  int: 'int',
  int32: 'int',
  int64: 'int',
  uint8: 'uint',
  float64: 'float',
  slice: 'array',
  invalid: 'nil',
  ptr: 'unknown',
};

/** Types whose package has a longer path than its name; `type` shows the path. */
const PACKAGE_PATHS: Readonly<Record<string, string>> = { 'http.Header': 'net/http.Header' };

/** What `type` calls a value. */
function typeWord(value: Value): string {
  if (value instanceof Location) return 'time.Location';
  const named =
    value instanceof Time ||
    value instanceof Duration ||
    value instanceof Month ||
    value instanceof Weekday ||
    (value instanceof HostObject && kindName(value) === 'struct');
  if (named) return PACKAGE_PATHS[typeName(value)] ?? typeName(value);
  const kind = kindName(value);
  return WORDS[kind] ?? kind;
}

const ALPHABET = /^[A-Za-z0-9+/]$/;

/** Go's base64.StdEncoding: padded, line breaks ignored; says at which byte the text is wrong. */
function decodeBase64(text: string): string {
  const bytes = Array.from(bytesOf(text), (byte) => String.fromCharCode(byte));
  const illegal = (at: number) => new Fault(`illegal base64 data at input byte ${at}`);
  const isBreak = (character: string | undefined) => character === '\n' || character === '\r';
  let clean = '';
  let at = 0;
  for (; at < bytes.length; at++) {
    const character = bytes[at] ?? '';
    if (isBreak(character)) continue;
    if (character !== '=') {
      if (!ALPHABET.test(character)) throw illegal(at);
      clean += character;
      continue;
    }
    const filled = clean.length % 4;
    if (filled < 2) throw illegal(at);
    if (filled === 2) {
      do at++;
      while (isBreak(bytes[at]));
      if (at >= bytes.length) throw illegal(bytes.length);
      if (bytes[at] !== '=') throw illegal(at - 1);
    }
    do at++;
    while (isBreak(bytes[at]));
    if (at < bytes.length) throw illegal(at);
    return fromBytes(Buffer.from(clean, 'base64'));
  }
  const rest = clean.length % 4;
  if (rest !== 0) throw illegal(at - rest);
  return fromBytes(Buffer.from(clean, 'base64'));
}
