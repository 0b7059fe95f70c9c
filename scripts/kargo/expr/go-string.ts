/**
 * Go strings are bytes; here they are JavaScript strings. A byte that is not part of valid UTF-8 stands as the lone
 * surrogate U+DC80 … U+DCFF (0xDC00 + byte), so nothing is lost and every ordinary string is just itself.
 */

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const RAW_BYTE = 0xdc00;
const ASCII = /^[\0-\x7f]*$/;

/** The bytes of a string. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return ENCODER.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point >= 0xdc80 && point <= 0xdcff) bytes.push(point - RAW_BYTE);
    else bytes.push(...ENCODER.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** The string of some bytes, valid UTF-8 or not. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    return decodeLenient(bytes);
  }
}

export function byteLength(text: string): number {
  return ASCII.test(text) ? text.length : bytesOf(text).length;
}

/** The bytes from `from` to `to`, as a string. */
export function sliceBytes(text: string, from: number, to: number): string {
  return ASCII.test(text) ? text.slice(from, to) : fromBytes(bytesOf(text).slice(from, to));
}

/** The byte at an index, or undefined outside the string. */
export function byteAt(text: string, index: number): number | undefined {
  return ASCII.test(text)
    ? index >= 0 && index < text.length
      ? text.charCodeAt(index)
      : undefined
    : bytesOf(text)[index];
}

/** Two strings one after the other; stray bytes on both sides may complete a character. */
export function concatenate(left: string, right: string): string {
  const joined = left + right;
  return joined.isWellFormed() ? joined : fromBytes(bytesOf(joined));
}

/** How many characters (a stray byte counts as one). */
export function runeCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Byte order, which is Go's order of strings and not that of UTF-16. */
export function compareStrings(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a === b) continue;
    if (a < 0xd800 || b < 0xd800) return a - b;
    return compareBytes(bytesOf(left), bytesOf(right));
  }
  return left.length - right.length;
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

/** Index in bytes of a text inside another, from the start or from the end; -1 where it is not. */
export function byteIndex(text: string, part: string, fromEnd: boolean): number {
  const bytes = Buffer.from(bytesOf(text));
  return fromEnd ? bytes.lastIndexOf(bytesOf(part)) : bytes.indexOf(bytesOf(part));
}

function decodeLenient(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = validLength(bytes, i);
    if (length === 0) {
      text += String.fromCharCode(RAW_BYTE + (bytes[i] ?? 0));
      i++;
    } else {
      text += DECODER.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return text;
}

/** Length of the valid character that starts at an index, 0 if none does. */
function validLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    DECODER.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
