import { Fault } from './error.ts';

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const MAX_RUNE = 0x10ffff;

/** What is wrong with a pattern, in Go's words. */
export function patternFault(what: string, text: string): Fault {
  return new Fault(`error parsing regexp: ${what}: \`${text}\``);
}

/** The character that an escape such as `\.`, `\n`, `\x{41}` or `\101` stands for, and how long the escape is. */
export function readEscape(text: string): { readonly point: number; readonly length: number } {
  if (text.length === 1) throw patternFault('trailing backslash at end of expression', '');
  const letter = String.fromCodePoint(text.codePointAt(1) ?? 0);
  const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(text);
  if (octal !== null) {
    return { point: Number.parseInt(octal[1] ?? '', 8), length: octal[0].length };
  }
  const hexadecimal = /^\\x(?:\{([\da-fA-F]+)\}|([\da-fA-F]{2}))/.exec(text);
  if (hexadecimal !== null) {
    const point = Number.parseInt(hexadecimal[1] ?? hexadecimal[2] ?? '', 16);
    if (point <= MAX_RUNE) return { point, length: hexadecimal[0].length };
  }
  const control = CONTROLS[letter];
  if (control !== undefined) return { point: control, length: 2 };
  if (/^[^A-Za-z0-9\u{80}-\u{10ffff}]$/u.test(letter)) {
    return { point: letter.charCodeAt(0), length: 2 };
  }
  throw patternFault('invalid escape sequence', brokenEscape(text, letter));
}

/** As much of a broken escape as Go had read when it gave up. */
function brokenEscape(rest: string, letter: string): string {
  if (letter !== 'x') return `\\${letter}`;
  if (rest.startsWith('\\x{')) {
    const digits = /^\\x\{[\da-fA-F]*/.exec(rest)?.[0] ?? '';
    let end = digits.length + 1;
    // Go stops at the digit that makes the number too large.
    for (let i = 4; i <= digits.length; i++) {
      if (Number.parseInt(digits.slice(3, i), 16) > 0x10ffff) {
        end = i;
        break;
      }
    }
    return rest.slice(0, end);
  }
  return rest.slice(0, 4);
}
