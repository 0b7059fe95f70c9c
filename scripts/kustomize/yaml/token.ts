import { CST, Lexer } from 'yaml';

/** A piece of YAML text that is neither white space nor a line break. Lines and columns count from 0. */
export interface Token {
  readonly type: string;
  readonly source: string;
  readonly offset: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** Line on which its content ends. */
  readonly lastLine: number;
}

/** The tokens of the first document of a text, comments among them, and where it ends. */
export interface DocumentTokens {
  readonly tokens: readonly Token[];
  readonly end: { readonly offset: number; readonly column: number };
}

export function tokensOf(text: string): DocumentTokens {
  const lines = lineStartsOf(text);
  const tokens: Token[] = [];
  let offset = 0;
  let end: DocumentTokens['end'] | undefined;
  let scalar = false;
  let header: number | null = null;
  for (const source of new Lexer().lex(text)) {
    const type: string = scalar ? 'scalar' : (CST.tokenType(source) ?? 'scalar');
    if (CONTROLS.has(type) && !scalar) {
      scalar = type === 'scalar';
      continue;
    }
    const start = offset;
    offset += source.length;
    const isBody = scalar && header !== null;
    scalar = false;
    if (SILENT.has(type) || (type === 'scalar' && source === '' && !isBody)) continue;
    const isSecond = type === 'doc-start' && tokens.some(({ type }) => type !== 'comment');
    if (isSecond || type === 'doc-end') {
      end = { offset: start, column: 0 };
      break;
    }
    if (type === 'block-scalar-header') header = start;
    else if (isBody && header !== null) {
      tokens.push(token('block-scalar', text, header, offset, lines));
      header = null;
    } else tokens.push(token(type, text, start, offset, lines));
  }
  const column = text.length - (lines.at(-1) ?? 0);
  return {
    tokens: tokens.sort((a, b) => a.offset - b.offset),
    end: end ?? { offset: text.length, column },
  };
}

/** Tokens that are a sign for the parser only and stand for no text. */
const CONTROLS: ReadonlySet<string> = new Set(['doc-mode', 'flow-error-end', 'scalar']);
const SILENT: ReadonlySet<string> = new Set(['space', 'newline', 'byte-order-mark']);

function token(
  type: string,
  text: string,
  offset: number,
  end: number,
  lines: readonly number[],
): Token {
  const source = text.slice(offset, end).replace(/\r$/, '');
  const line = lineOf(offset, lines);
  const content = offset + source.trimEnd().length;
  const lastLine = lineOf(Math.max(content - 1, offset), lines);
  return { type, source, offset, end, line, column: offset - (lines[line] ?? 0), lastLine };
}

function lineStartsOf(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function lineOf(offset: number, lines: readonly number[]): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
