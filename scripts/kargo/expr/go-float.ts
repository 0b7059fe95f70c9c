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

/** Go's math.Pow, digit for digit: it multiplies squares of the mantissa, JavaScript does not. */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) return 1;
  if (!Number.isFinite(x) || !Number.isFinite(y) || x === 0) return x ** y;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  let whole = Math.trunc(Math.abs(y));
  let fraction = Math.abs(y) - whole;
  if (fraction !== 0 && x < 0) return Number.NaN;
  if (whole >= 2 ** 63) return x ** y;
  let result = 1;
  let resultExponent = 0;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--;
      whole++;
    }
    result = Math.exp(fraction * Math.log(x));
  }
  let { mantissa, exponent } = split(x);
  for (let rest = whole; rest !== 0; rest = Math.floor(rest / 2)) {
    if (Math.abs(exponent) > 4096) {
      // Go leaves here too: the result is zero or infinite.
      resultExponent += exponent;
      break;
    }
    if (rest % 2 === 1) {
      result *= mantissa;
      resultExponent += exponent;
    }
    mantissa *= mantissa;
    exponent *= 2;
    if (mantissa < 0.5) {
      mantissa += mantissa;
      exponent--;
    }
  }
  if (y < 0) {
    result = 1 / result;
    resultExponent = -resultExponent;
  }
  return scale(result, resultExponent);
}

/** x as mantissa · 2^exponent with 0.5 ≤ |mantissa| < 1. */
function split(x: number): { mantissa: number; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  const subnormal = Math.abs(x) < 2 ** -1022;
  view.setFloat64(0, subnormal ? x * 2 ** 52 : x);
  const high = view.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022 - (subnormal ? 52 : 0);
  view.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return { mantissa: view.getFloat64(0), exponent };
}

/** x · 2^exponent, in two factors so that neither overflows on the way. */
function scale(x: number, exponent: number): number {
  const bounded = Math.max(-4096, Math.min(4096, exponent));
  let result = x;
  for (let rest = bounded; rest !== 0; ) {
    const step = Math.max(-1000, Math.min(1000, rest));
    result *= 2 ** step;
    rest -= step;
  }
  return result;
}

/** Go's math.Round: halves away from zero. */
export function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}
