/** The classes of characters that the language knows, as Go's package unicode sees them. */

const LETTER = /^[\p{L}_$]$/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}_$]$/u;
const SPACE = /^\p{White_Space}$/u;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export const isLetter = (character: string): boolean => LETTER.test(character);
export const isLetterOrDigit = (character: string): boolean => LETTER_OR_DIGIT.test(character);
export const isSpace = (character: string): boolean => SPACE.test(character);
export const isPrintable = (character: string): boolean => PRINTABLE.test(character);

/** Whether a text may stand where a name is expected, such as after a dot. */
export function isIdentifier(text: string): boolean {
  const [first, ...rest] = text;
  return first !== undefined && isLetter(first) && rest.every(isLetterOrDigit);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** A text in double quotes as Go writes it (`%q`). */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += ESCAPES[character] ?? escapeUnprintable(character);
  return `${quoted}"`;
}

/** A character as Go's `%#U` shows it: `U+007E '~'`. */
export function describeCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrintable(character) ? `${code} '${character}'` : code;
}

function escapeUnprintable(character: string): string {
  if (isPrintable(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16)}`;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, '0')}`;
  return `\\U${point.toString(16).padStart(8, '0')}`;
}
