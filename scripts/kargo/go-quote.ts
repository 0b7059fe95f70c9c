const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);
/** A byte that is no UTF-8 stands as a lone surrogate (expr/go-string.ts). */
const FIRST_RAW_BYTE = 0xdc80;
const LAST_RAW_BYTE = 0xdcff;

/** A text in double quotes as Go's `strconv.Quote` writes it. */
export function goQuote(text: string): string {
  let out = '';
  for (const character of text) out += ESCAPES.get(character) ?? printed(character);
  return `"${out}"`;
}

function printed(character: string): string {
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code >= FIRST_RAW_BYTE && code <= LAST_RAW_BYTE) return `\\x${hex(code & 0xff, 2)}`;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
