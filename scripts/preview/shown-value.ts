import type { FieldChange } from './result.ts';

/** One line of a field's change: what went (`-`), what came (`+`), what stays for orientation (` `). */
export interface ShownLine {
  readonly sign: '-' | '+' | ' ';
  readonly text: string;
}

/** Longer texts are compared only up to here: nobody reads more, and the comparison is quadratic. */
const MOST_LINES = 400;

/** A field's change line by line; texts of several lines as a difference of their lines. */
export function shownLines({ before, after }: FieldChange): readonly ShownLine[] {
  if (typeof before === 'string' && typeof after === 'string' && /\n/.test(before + after)) {
    return lineDifference(before.split('\n'), after.split('\n'));
  }
  return [
    ...(before === undefined ? [] : signed('-', before)),
    ...(after === undefined ? [] : signed('+', after)),
  ];
}

function signed(sign: '-' | '+', value: unknown): readonly ShownLine[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.split('\n').map((line) => ({ sign, text: line }));
}

/** The changed lines with one line around each, by their longest common subsequence. */
function lineDifference(a: readonly string[], b: readonly string[]): readonly ShownLine[] {
  if (a.length > MOST_LINES || b.length > MOST_LINES) {
    return [{ sign: ' ', text: `${a.length} lines before, ${b.length} lines after` }];
  }
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row === undefined) continue;
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: ShownLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [old = '', fresh = ''] = [a[i], b[j]];
    if (i < a.length && j < b.length && old === fresh) {
      lines.push({ sign: ' ', text: old });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: old });
      i += 1;
    } else {
      lines.push({ sign: '+', text: fresh });
      j += 1;
    }
  }
  return lines.filter((line, index) =>
    [lines[index - 1], line, lines[index + 1]].some((near) => (near?.sign ?? ' ') !== ' '),
  );
}
