/** Floats as Go's packages strconv and math treat them. */

/** From this exponent on, and below 1e-4, `%v` writes an exponent. */
const EXPONENT_FROM = 6;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;
/** Digits with underscores only between them (or after the prefix of a base). */
const UNDERSCORES =
  /^[+-]?(?:0[box]_?)?[\da-f]+(?:_[\da-f]+)*(?:\.[\da-f_]*)?(?:[ep][+-]?[\d_]+)?$/i;

/** As `%v` prints it: shortest digits, with an exponent below 1e-4 and from 1e+06 on. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= EXPONENT_FROM) return withExponent(mantissa, power);
  return String(value);
}

function withExponent(mantissa: string, power: number): string {
  const digits = `${Math.abs(power)}`.padStart(2, '0');
  return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
}

/** Go's strconv.ParseFloat; undefined for what is no number or out of range. */
export function parseGoFloat(text: string): number | undefined {
  const special = SPECIAL.exec(text);
  if (special !== null) {
    if (/nan/i.test(text)) return special[1] === '' ? Number.NaN : undefined;
    return special[1] === '-' ? -Infinity : Infinity;
  }
  let digits = text;
  if (text.includes('_')) {
    if (!UNDERSCORES.test(text) || /_(?![\da-f])|(?<![\da-fx])_/i.test(text)) return undefined;
    digits = text.replaceAll('_', '');
  }
  const value = DECIMAL.test(digits) ? Number(digits) : parseHexadecimal(digits);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function parseHexadecimal(text: string): number | undefined {
  const match = HEXADECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent] = match;
  if (whole + fraction === '') return undefined;
  const value =
    Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** Go's math.Pow. */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) return 1;
  if (y === 0.5 && Number.isFinite(x)) return Math.sqrt(x);
  if (y === -0.5 && Number.isFinite(x)) return 1 / Math.sqrt(x);
  return x ** y;
}

/** Go's math.Round: halves away from zero. */
export function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}
