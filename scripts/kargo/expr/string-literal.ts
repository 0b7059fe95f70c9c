import { Fault } from './error.ts';
import { bytesOf } from './go-string.ts';

const MAX_RUNE = 0x10ffff;
const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE =
  /\\(?:u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g;

/** The text of a string literal, quotes and escapes taken off. `\xff` is the character U+00FF. */
export function unescapeString(quoted: string): string {
  return body(quoted).replace(ESCAPE, (_, braced, two, four, eight, octal, simple) => {
    const hex = braced ?? two ?? four ?? eight;
    if (hex !== undefined) return rune(Number.parseInt(hex, 16));
    return octal === undefined ? simpleEscape(simple) : rune(Number.parseInt(octal, 8));
  });
}

/** The bytes of a literal such as `b"\xff"`: `\xff` is the byte 255, `\u…` is not allowed. */
export function unescapeBytes(quoted: string): Uint8Array {
  const text = body(quoted);
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, braced, two, four, eight, octal, simple] = match;
    if (braced !== undefined || four !== undefined || eight !== undefined) {
      throw new Fault('unable to unescape string');
    }
    parts.push(bytesOf(text.slice(copied, match.index)));
    copied = match.index + whole.length;
    if (two !== undefined) parts.push(Uint8Array.of(Number.parseInt(two, 16)));
    else if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8)));
    else parts.push(bytesOf(simpleEscape(simple ?? '')));
  }
  parts.push(bytesOf(text.slice(copied)));
  return Buffer.concat(parts);
}

function body(quoted: string): string {
  return quoted.slice(1, -1).replaceAll('\r', '\n');
}

function simpleEscape(character: string): string {
  const value = SIMPLE[character];
  if (value === undefined) throw new Fault('unable to unescape string');
  return value;
}

function rune(point: number): string {
  if (point > MAX_RUNE) throw new Fault('unable to unescape string');
  // Half a surrogate pair is no character; Go writes the replacement character instead.
  return point >= 0xd800 && point <= 0xdfff ? '\ufffd' : String.fromCodePoint(point);
}
