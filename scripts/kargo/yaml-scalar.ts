/**
 * How Go's yaml.v3 writes a text: plain where nothing else could be read from it, else quoted or as a literal block.
 * `asYAML()` needs it byte for byte.
 */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

export function scalarStyle(text: string, simpleKey: boolean): ScalarStyle {
  const traits = analyse(text);
  if (text.includes('\n')) return traits.blockAllowed && !simpleKey ? 'literal' : 'double';
  if (resolvesToOther(text)) return 'double';
  if (traits.plainAllowed) return 'plain';
  return traits.singleAllowed ? 'single' : 'double';
}

export function doubleQuoted(text: string): string {
  let out = '"';
  for (const character of text) out += ESCAPES.get(character) ?? escaped(character);
  return `${out}"`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x85', '\\N'],
  ['\xa0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

const NULLS = ['', '~', 'null', 'Null', 'NULL'];
const BOOLEANS = ['true', 'True', 'TRUE', 'false', 'False', 'FALSE'];
/** Booleans of YAML 1.1, quoted for readers that still take them for such. */
const OLD_BOOLEANS = 'y Y yes Yes YES on On ON n N no No NO off Off OFF'.split(' ');
const SPECIAL_FLOATS = '.nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF'.split(
  ' ',
);
const NOT_TEXT: ReadonlySet<string> = new Set([
  ...NULLS,
  ...BOOLEANS,
  ...OLD_BOOLEANS,
  ...SPECIAL_FLOATS,
  '<<',
]);
const INTEGER = /^[-+]?(?:0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;

function resolvesToOther(text: string): boolean {
  if (NOT_TEXT.has(text) || BASE_60.test(text) || TIMESTAMP.test(text)) return true;
  if (!/^[-+.\d]/.test(text)) return false;
  const digits = text.replaceAll('_', '');
  return INTEGER.test(digits) || (FLOAT.test(digits) && Number.isFinite(Number(digits)));
}

interface Traits {
  readonly plainAllowed: boolean;
  readonly singleAllowed: boolean;
  readonly blockAllowed: boolean;
}

const LEADING_INDICATORS = '#,[]{}&*!|>\'"%@`';

function analyse(text: string): Traits {
  const special = [...text].some((character) => character !== '\n' && !isPrintable(character));
  const spaceBeforeBreak = / \n/.test(text);
  const breakBeforeSpace = /\n /.test(text);
  const edgeSpace = /^[ \n]|[ \n]$/.test(text);
  const indicator =
    LEADING_INDICATORS.includes(text[0] ?? ' ') ||
    /^[-?:](?:[ \t\n]|$)/.test(text) ||
    /^(?:---|\.\.\.)/.test(text) ||
    /:(?:[ \t\n]|$)/.test(text) ||
    /[ \t\n]#/.test(text);
  return {
    plainAllowed: !indicator && !edgeSpace && !special && !/[\t\n]/.test(text) && !spaceBeforeBreak,
    singleAllowed: !special && !text.includes('\t') && !spaceBeforeBreak && !breakBeforeSpace,
    blockAllowed: !special && !spaceBeforeBreak && !text.endsWith(' '),
  };
}

/** yaml.v3 counts characters beyond the basic plane as not printable. */
function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (
    code === 0x09 ||
    (code >= 0x20 && code <= 0x7e) ||
    code === 0x85 ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  );
}

function escaped(character: string): string {
  if (isPrintable(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
