import { goQuote } from './characters.ts';
import type { Span } from './error.ts';

export type TokenKind =
  | 'Identifier'
  | 'Number'
  | 'String'
  | 'Bytes'
  | 'Operator'
  | 'Bracket'
  | 'EOF';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** What it stands for: the text of a string without quotes and escapes, for example. */
  readonly value: string;
}

/** A token as error messages name it: `Operator("+")`, `EOF`. */
export function describeToken(token: Token): string {
  return token.value === '' ? token.kind : `${token.kind}(${goQuote(token.value)})`;
}

export function isToken(token: Token, kind: TokenKind, value?: string): boolean {
  return token.kind === kind && (value === undefined || token.value === value);
}
