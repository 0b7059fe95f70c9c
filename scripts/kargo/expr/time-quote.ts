import { bytesOf } from './go-string.ts';

/** A text in quotes as Go's package time writes it in errors: bytes outside printable ASCII as `\xNN`. */
export function goDurationQuote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    if (character === '"' || character === '\\') quoted += `\\${character}`;
    else if (character >= ' ' && character < '\u0080') quoted += character;
    else {
      for (const byte of bytesOf(character)) quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
    }
  }
  return `${quoted}"`;
}
