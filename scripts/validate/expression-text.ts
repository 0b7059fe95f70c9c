/** Starts and ends of expressions inside texts; the first end delimiter ends an expression, wherever it stands. */
const DELIMITERS = [
  { start: '${{', end: '}}' },
  { start: '${%', end: '%}' },
] as const;

export interface ExpressionText {
  /** Between the delimiters. */
  readonly source: string;
  /** Where `source` starts in the text, in UTF-16 units. */
  readonly from: number;
}

export interface ExpressionTexts {
  readonly expressions: readonly ExpressionText[];
  /** Where an expression starts that has no end. */
  readonly unclosed: { readonly at: number; readonly end: string } | null;
}

/** The expressions of a text, in Kargo's reading of it (facts/expr-and-templates.md, "Templates"). */
export function expressionsIn(template: string): ExpressionTexts {
  const expressions: ExpressionText[] = [];
  let at = 0;
  for (;;) {
    const next = DELIMITERS.map(({ start, end }) => ({
      start,
      end,
      at: template.indexOf(start, at),
    }))
      .filter((candidate) => candidate.at >= 0)
      .toSorted((left, right) => left.at - right.at)[0];
    if (next === undefined) return { expressions, unclosed: null };
    const from = next.at + next.start.length;
    const to = template.indexOf(next.end, from);
    if (to < 0) return { expressions, unclosed: { at: next.at, end: next.end } };
    // Nothing at all between the delimiters ends the evaluation: what follows is plain text.
    if (to === from) return { expressions, unclosed: null };
    expressions.push({ source: template.slice(from, to), from });
    at = to + next.end.length;
  }
}

/** Whether any part of the text is computed; its value may then be of any type. */
export function isComputed(value: unknown): boolean {
  return typeof value === 'string' && DELIMITERS.some(({ start }) => value.includes(start));
}
