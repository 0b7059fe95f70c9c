/** Go's `%g` writes an exponent from 1e+06 on when it prints the shortest form. */
const EXPONENT_FROM = 6;
const SMALLEST_EXPONENT = -4;

/** A float64 in the shortest form of `strconv.FormatFloat(f, 'g', -1, 64)`: `1e+21`, `0.001`, `1e-05`. */
export function formatGoFloat(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= SMALLEST_EXPONENT && exponent < EXPONENT_FROM) return plain(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function plain(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  // JavaScript turns to exponents below 1e-6 only, which is outside of the range above.
  return value.toFixed(20).replace(/0+$/, '');
}
