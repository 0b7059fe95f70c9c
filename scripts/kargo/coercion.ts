import { parseGoFloat } from './expr/go-float.ts';

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
  const number = parseGoFloat(body);
  if (number !== undefined) return number;
  if (TRUE.has(body)) return true;
  if (FALSE.has(body)) return false;
  const json = goJson(body);
  return json === undefined ? text : json;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Most texts are no JSON, and to have a parser find that out is by far the dearest part of a template. */
const MAY_BE_JSON = /^[ \t\r\n]*(?:["[{]|-?\d[\d.eE+-]*[ \t\r\n]*$|(?:true|false|null)[ \t\r\n]*$)/;

/** JSON as Go's decoder accepts it, or `undefined`. A number out of range makes it none. */
function goJson(text: string): Json | undefined {
  if (!MAY_BE_JSON.test(text)) return undefined;
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
