import type { NodeStyle } from './node.ts';

export type ScalarStyle = Exclude<NodeStyle, 'flow' | 'block'>;

/** Where a scalar is written: which styles are possible there. */
export interface ScalarContext {
  readonly inFlow: boolean;
  readonly isKey: boolean;
}

/** The style in which go-yaml writes a scalar that wants another one which its text does not allow. */
export function allowedStyle(
  value: string,
  wanted: ScalarStyle,
  { inFlow, isKey }: ScalarContext,
): ScalarStyle {
  const traits = traitsOf(value);
  let style = wanted;
  if (isKey && traits.severalLines) style = 'double';
  if (style === 'plain') {
    const allowed = inFlow ? traits.plainInFlow : traits.plainInBlock;
    if (!allowed || (value === '' && (inFlow || isKey))) style = 'single';
  }
  if (style === 'single' && !traits.singleQuoted) style = 'double';
  if ((style === 'literal' || style === 'folded') && (!traits.block || inFlow || isKey)) {
    style = 'double';
  }
  return style;
}

export function hasSeveralLines(value: string): boolean {
  return BREAK.test(value);
}

/** A text between double quotes, with escapes. */
export function doubleQuoted(value: string): string {
  let text = '';
  for (const character of value) {
    const plain = isPrintable(character) && !/["\\\n\u0085\u2028\u2029]/.test(character);
    text += plain ? character : escaped(character);
  }
  return `"${text}"`;
}

/** The signs after `|` or `>`: an indent for a text that begins with white space, and what its end is like. */
export function blockHints(value: string): string {
  const indent = /^[ \n]/.test(value) ? String(INDENT) : '';
  if (!value.endsWith('\n')) return `${indent}-`;
  return `${indent}${value === '\n' || value.endsWith('\n\n') ? '+' : ''}`;
}

/** Columns of one level. */
export const INDENT = 2;

interface Traits {
  readonly severalLines: boolean;
  readonly plainInFlow: boolean;
  readonly plainInBlock: boolean;
  readonly singleQuoted: boolean;
  readonly block: boolean;
}

const BREAK = /[\r\n\u0085\u2028\u2029]/;

function traitsOf(value: string): Traits {
  if (value === '') {
    const never = { severalLines: false, plainInFlow: false, block: false };
    return { ...never, plainInBlock: true, singleQuoted: true };
  }
  const severalLines = BREAK.test(value);
  const breakThenSpace = /[\r\n\u0085\u2028\u2029] /.test(value);
  const spaceThenBreak = / [\r\n\u0085\u2028\u2029]/.test(value);
  const tabs = value.includes('\t');
  const special = [...value].some((one) => one !== '\t' && !isPrintable(one));
  const onlyDouble = breakThenSpace || spaceThenBreak || tabs || special;
  const plain = !onlyDouble && !severalLines && !/^ | $/.test(value);
  const inBlock =
    /^(---|\.\.\.|[#,[\]{}&*!|>'"%@`])|^[-?:]([ \t]|$)|:([ \t\r\n]|$)|[ \t\r\n]#/.test(value);
  const inFlow = inBlock || /^[?:]|[,?[\]{}:]/.test(value);
  return {
    severalLines,
    plainInFlow: plain && !inFlow,
    plainInBlock: plain && !inBlock,
    singleQuoted: !onlyDouble,
    block: !spaceThenBreak && !special && !value.endsWith(' '),
  };
}

/** What go-yaml takes for printable: nothing above the first plane. */
function isPrintable(character: string): boolean {
  return /^[\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/.test(character);
}

const SHORT: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const [sign, digits] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${sign}${code.toString(16).toUpperCase().padStart(Number(digits), '0')}`;
}
