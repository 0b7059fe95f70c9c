/** JSON as Go decodes it: every number is a float64. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * What Kargo makes of a text that came out of expressions: quotes are stripped and keep it a text, else it becomes a
 * number, a boolean or JSON where it reads as one (facts/expr-and-templates.md, "Templates").
 */
export function coerce(text: string): Json {
  const trailingNewline = text.endsWith('\n');
  const body = trailingNewline ? text.slice(0, -1) : text;
  if (body.length > 1 && body.startsWith('"') && body.endsWith('"')) {
    return body.slice(1, -1) + (trailingNewline ? '\n' : '');
  }
  const number = goFloat(body);
  if (number !== undefined) return number;
  if (TRUE.has(body)) return true;
  if (FALSE.has(body)) return false;
  const json = goJson(body);
  return json === undefined ? text : json;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

const SPECIAL = /^([+-]?)(?:inf|infinity)$/i;
const DECIMAL = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f_]*)(?:\.([\da-f_]*))?p([+-]?\d[\d_]*)$/i;
/** An underscore stands between digits, or right after `0x`. */
const MISPLACED_UNDERSCORE = /(?<![\da-fx])_|_(?![\da-f])/i;
const BITS_PER_HEX_DIGIT = 4;

/** A float64 as Go's `strconv.ParseFloat` reads it, or `undefined`; a value out of range is none. */
function goFloat(text: string): number | undefined {
  const special = SPECIAL.exec(text);
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = DECIMAL.test(text) ? decimal(text) : hexadecimal(HEXADECIMAL.exec(text), text);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function decimal(text: string): number | undefined {
  if (/(?<!\d)_|_(?!\d)/.test(text)) return undefined;
  return Number(text.replaceAll('_', ''));
}

function hexadecimal(match: RegExpExecArray | null, text: string): number | undefined {
  if (match === null || MISPLACED_UNDERSCORE.test(text)) return undefined;
  const whole = (match[2] ?? '').replaceAll('_', '');
  const fraction = (match[3] ?? '').replaceAll('_', '');
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number((match[4] ?? '').replaceAll('_', ''));
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const value = mantissa * 2 ** (exponent - BITS_PER_HEX_DIGIT * fraction.length);
  return match[1] === '-' ? -value : value;
}

/** JSON as Go's decoder accepts it, or `undefined`. A number out of range makes it none. */
function goJson(text: string): Json | undefined {
  let outOfRange = false;
  let value: Json;
  try {
    value = JSON.parse(text, (_key, entry: unknown) => {
      if (typeof entry === 'number' && !Number.isFinite(entry)) outOfRange = true;
      return typeof entry === 'string' ? entry.toWellFormed() : entry;
    });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return outOfRange ? undefined : value;
}
