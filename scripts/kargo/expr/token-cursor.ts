import { ExprError, Fault } from './error.ts';
import { Lexer, LexicalFault } from './lexer.ts';
import { MAX_NESTING, MAX_NODES } from './limits.ts';
import { describeToken, isToken, type Token, type TokenKind } from './token.ts';

/**
 * Where a parser stands. It reports the error that expr-lang would report: the first one of the parser, unless the
 * text itself turns out to be broken at a token that is still read afterwards. So a parser goes on after an error
 * until it has unwound, and nothing it builds from then on is ever used.
 */
export class TokenCursor {
  current: Token = { kind: 'EOF', value: '', from: 0, to: 0 };
  readonly #source: string;
  readonly #lexer: Lexer;
  #stashed: Token | undefined;
  #error: ExprError | undefined;
  #nodes = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#lexer = new Lexer(source);
    this.next();
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  is(kind: TokenKind, value?: string): boolean {
    return isToken(this.current, kind, value);
  }

  next(): void {
    if (this.#stashed !== undefined) {
      this.current = this.#stashed;
      this.#stashed = undefined;
      return;
    }
    try {
      const token = this.#lexer.next();
      if (token === undefined) this.fail('unexpected end of expression');
      else this.current = token;
    } catch (error) {
      if (!(error instanceof LexicalFault)) throw error;
      this.#error = new ExprError('parse', error.message, this.#source, error.at);
    }
  }

  /** Goes back by one token. */
  stepBack(to: Token): void {
    this.#stashed = this.current;
    this.current = to;
  }

  expect(kind: TokenKind, value?: string): void {
    if (this.is(kind, value)) this.next();
    else this.unexpected();
  }

  unexpected(): void {
    this.fail(`unexpected token ${describeToken(this.current)}`);
  }

  fail(message: string, at: Token = this.current): void {
    this.#error ??= new ExprError('parse', message, this.#source, at.from);
  }

  /** Runs what may throw a Fault and reports it at the current token. */
  attempt<T>(action: () => T, otherwise: T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.fail(error.message);
      return otherwise;
    }
  }

  /** Counts a node against the limit of one expression. */
  countNode(): void {
    this.#nodes++;
    if (this.#nodes > MAX_NODES) {
      this.fail('compilation failed: expression exceeds maximum allowed nodes');
    }
  }

  /** Runs a part of the parser that may contain itself. */
  nested<T>(parse: () => T, otherwise: () => T): T {
    if (this.#depth >= MAX_NESTING) {
      this.fail(`expression nests deeper than ${MAX_NESTING} levels`);
      return otherwise();
    }
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}
