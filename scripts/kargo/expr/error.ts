import { OrderbooksError } from '../../../runtime/errors.ts';

/** Where an expression failed: while parsing it, while checking and folding it, or while running it. */
export type Stage = 'parse' | 'compile' | 'run';

/** A stretch of the source in Unicode code points, end exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const CODES: Readonly<Record<Stage, string>> = {
  parse: 'EXPRESSION_PARSE',
  compile: 'EXPRESSION_COMPILE',
  run: 'EXPRESSION_RUN',
};

/**
 * Everything that can be wrong with an expression. `message` is the text of expr-lang v1.17.8: what is wrong,
 * `(line:column)`, the source line and a pointer line. `reason` is the first part alone. `column` counts code
 * points from 1. `snippet` is empty (and the message carries no position) where the source line is empty.
 */
export class ExprError extends OrderbooksError {
  readonly stage: Stage;
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  readonly snippet: string;

  constructor(
    stage: Stage,
    reason: string,
    source: string,
    at: number,
    options?: { readonly cause?: unknown },
  ) {
    const { line, column, snippet } = locate(source, at);
    const place = snippet === '' ? '' : ` (${line}:${column})${snippet}`;
    super(CODES[stage], `${reason}${place}`, options);
    this.stage = stage;
    this.reason = reason;
    this.line = line;
    this.column = column;
    this.snippet = snippet;
  }
}

/**
 * What is wrong, before it is known where: thrown by values and functions while a program runs and given its
 * position by whoever runs the program.
 */
export class Fault extends Error {}

function locate(source: string, at: number): { line: number; column: number; snippet: string } {
  let line = 1;
  let column = 0;
  let lineStart = 0;
  let seen = 0;
  let unit = 0;
  for (const character of source) {
    if (seen === at) break;
    unit += character.length;
    seen++;
    if (character === '\n') {
      line++;
      column = 0;
      lineStart = unit;
    } else {
      column++;
    }
  }
  const newline = source.indexOf('\n', lineStart);
  const text = source.slice(lineStart, newline === -1 ? undefined : newline);
  const snippet =
    text === '' ? '' : `\n | ${text.replaceAll('\t', ' ')}\n | ${'.'.repeat(column)}^`;
  return { line, column: column + 1, snippet };
}
