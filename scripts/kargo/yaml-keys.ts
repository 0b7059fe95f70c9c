/**
 * The order in which Go's yaml.v3 writes the keys of a map: letters by code point, runs of digits by their number, and
 * letters after everything else.
 */
export function compareKeys(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  let afterDigits = false;
  for (const [index, x] of a.entries()) {
    const y = b[index];
    if (y === undefined) return 1;
    if (x === y) {
      afterDigits = isDigit(x);
      continue;
    }
    const xLetter = isLetter(x);
    const yLetter = isLetter(y);
    if (xLetter && yLetter) return less(x < y);
    if (xLetter || yLetter) return less(afterDigits ? xLetter : yLetter);
    return compareNumbers(a, b, index);
  }
  return a.length - b.length;
}

function compareNumbers(a: readonly string[], b: readonly string[], from: number): number {
  // A zero inside a number counts; a leading one does not.
  let seed = '0';
  if (a[from] === '0' || b[from] === '0') {
    for (let index = from - 1; index >= 0 && isDigit(a[index] ?? ''); index -= 1) {
      if (a[index] !== '0') {
        seed = '1';
        break;
      }
    }
  }
  const x = digitsFrom(a, from);
  const y = digitsFrom(b, from);
  const xValue = BigInt(seed + x);
  const yValue = BigInt(seed + y);
  if (xValue !== yValue) return less(xValue < yValue);
  if (x.length !== y.length) return less(x.length < y.length);
  return less((a[from] ?? '') < (b[from] ?? ''));
}

function digitsFrom(characters: readonly string[], from: number): string {
  let digits = '';
  for (let index = from; isDigit(characters[index] ?? ''); index += 1) digits += characters[index];
  return digits;
}

function less(is: boolean): number {
  return is ? -1 : 1;
}

function isDigit(character: string): boolean {
  return /^\d$/.test(character);
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}
