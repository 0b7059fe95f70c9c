import { goQuote } from './characters.ts';
import { Fault } from './error.ts';

export const MAX_INT = 2n ** 63n - 1n;

const FLOAT = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const BASES = [
  { prefix: '0x', name: 'hex', digits: /^0x[0-9a-f]+$/i },
  { prefix: '0b', name: 'binary', digits: /^0b[01]+$/i },
  { prefix: '0o', name: 'octal', digits: /^0o[0-7]+$/i },
];

/** The number of a literal: bigint for Go's int, number for float64. Throws Fault with Go's words. */
export function parseNumber(literal: string): bigint | number {
  const text = literal.replaceAll('_', '');
  const lower = text.toLowerCase();
  if (!lower.startsWith('0x') && /[.e]/.test(lower)) return parseFloat64(text);
  for (const { prefix, name, digits } of BASES) {
    if (lower.startsWith(prefix)) return parseInteger(text, name, digits);
  }
  return parseInteger(text, 'integer', /^\d+$/);
}

function parseFloat64(text: string): number {
  const fault = (why: string) =>
    new Fault(`invalid float literal: strconv.ParseFloat: parsing ${goQuote(text)}: ${why}`);
  if (!FLOAT.test(text)) throw fault('invalid syntax');
  const value = Number(text);
  if (!Number.isFinite(value)) throw fault('value out of range');
  return value;
}

function parseInteger(text: string, name: string, digits: RegExp): bigint {
  const fault = (why: string) =>
    new Fault(`invalid ${name} literal: strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
  if (!digits.test(text)) throw fault('invalid syntax');
  const value = BigInt(name === 'integer' ? text : text.toLowerCase());
  if (value > MAX_INT) throw fault('value out of range');
  return value;
}
