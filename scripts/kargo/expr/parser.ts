import type { Node } from './ast.ts';
import { NodeMaker, nothing } from './node-maker.ts';
import { type ExpressionParser, OperandParser } from './operand-parser.ts';
import { BINARY, COMPARISONS, NEGATABLE } from './operators.ts';
import type { Token } from './token.ts';
import { TokenCursor } from './token-cursor.ts';

const NO_FUNCTIONS: ReadonlySet<string> = new Set();

/**
 * The tree of an expression. Throws ExprError of stage `parse`. `functions` names functions of the host: they win
 * over builtins of the same name.
 */
export function parseExpression(source: string, functions = NO_FUNCTIONS): Node {
  const cursor = new TokenCursor(source);
  const node = new Parser(cursor, functions).parseSequence();
  if (!cursor.is('EOF')) cursor.unexpected();
  cursor.throwIfFailed();
  return node;
}

/** Reads operators and what only stands at the start of an expression: `let` and `if`. */
class Parser implements ExpressionParser {
  readonly #cursor: TokenCursor;
  readonly #nodes: NodeMaker;
  readonly #operands: OperandParser;

  constructor(cursor: TokenCursor, functions: ReadonlySet<string>) {
    this.#cursor = cursor;
    this.#nodes = new NodeMaker(cursor);
    this.#operands = new OperandParser(cursor, this.#nodes, this, functions);
  }

  parseSequence(): Node {
    const first = this.parse(0);
    const nodes = [first];
    while (this.#cursor.is('Operator', ';') && !this.#cursor.failed) {
      this.#cursor.next();
      if (this.#cursor.is('EOF')) break;
      nodes.push(this.parse(0));
    }
    return nodes.length === 1 ? first : this.#nodes.make({ kind: 'sequence', nodes }, first);
  }

  parse(precedence: number): Node {
    const cursor = this.#cursor;
    if (cursor.failed) return nothing();
    return cursor.nested(
      () => {
        if (precedence === 0 && cursor.is('Operator', 'let')) return this.#parseLet();
        if (precedence === 0 && cursor.is('Operator', 'if')) return this.#parseIf();
        const node = this.#parseOperators(this.#operands.parse(), precedence);
        return precedence === 0 ? this.#parseTernary(node) : node;
      },
      () => nothing(),
    );
  }

  #parseOperators(first: Node, precedence: number): Node {
    const cursor = this.#cursor;
    let left = first;
    let previous = '';
    let operator = cursor.current;
    while (operator.kind === 'Operator' && !cursor.failed) {
      const before = cursor.current;
      const negated = operator.value === 'not';
      if (negated) {
        cursor.next();
        if (!NEGATABLE.has(cursor.current.value)) {
          cursor.unexpected();
          break;
        }
        operator = cursor.current;
      }
      const rule = BINARY.get(operator.value);
      if (rule === undefined || rule.precedence < precedence) {
        if (negated) cursor.stepBack(before);
        break;
      }
      cursor.next();
      if (operator.value === '|') {
        const name = cursor.current;
        cursor.expect('Identifier');
        left = this.#operands.parseCall(name, [left], true);
      } else if (previous === '??' && operator.value !== '??') {
        cursor.fail(
          `Operator (${operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`,
          operator,
        );
        break;
      } else if (COMPARISONS.has(operator.value)) {
        left = this.#parseComparisons(left, operator, rule.precedence);
      } else {
        const right = this.parse(rule.right === true ? rule.precedence : rule.precedence + 1);
        left = this.#nodes.make(
          { kind: 'binary', operator: operator.value, left, right },
          operator,
        );
        if (cursor.failed) return left;
        if (negated) {
          left = this.#nodes.make({ kind: 'unary', operator: 'not', operand: left }, operator);
          if (cursor.failed) return left;
        }
      }
      previous = operator.value;
      operator = cursor.current;
    }
    return left;
  }

  /** `a < b < c` stands for `a < b && b < c`; b is the same node in both. */
  #parseComparisons(first: Node, firstOperator: Token, precedence: number): Node {
    const cursor = this.#cursor;
    let left = first;
    let operator = firstOperator;
    let all: Node | undefined;
    for (;;) {
      const right = this.parse(precedence + 1);
      const one = this.#nodes.make(
        { kind: 'binary', operator: operator.value, left, right },
        operator,
      );
      if (cursor.failed) return one;
      all =
        all === undefined
          ? one
          : this.#nodes.make({ kind: 'binary', operator: '&&', left: all, right: one }, operator);
      if (cursor.failed) return all;
      left = right;
      operator = cursor.current;
      if (operator.kind !== 'Operator' || !COMPARISONS.has(operator.value)) return all;
      cursor.next();
    }
  }

  #parseLet(): Node {
    const cursor = this.#cursor;
    cursor.expect('Operator', 'let');
    const name = cursor.current;
    cursor.expect('Identifier');
    cursor.expect('Operator', '=');
    const value = this.parse(0);
    cursor.expect('Operator', ';');
    const body = this.parseSequence();
    return this.#nodes.make({ kind: 'let', name: name.value, value, body }, name);
  }

  #parseIf(): Node {
    const cursor = this.#cursor;
    cursor.next();
    if (cursor.failed) return nothing();
    const condition = this.parse(0);
    const yes = this.#parseBlock();
    cursor.expect('Operator', 'else');
    const no = cursor.is('Operator', 'if')
      ? cursor.nested(
          () => this.#parseIf(),
          () => nothing(),
        )
      : this.#parseBlock();
    // It has no place of its own: errors about it point at the start of the source.
    return { kind: 'conditional', ternary: false, condition, yes, no, from: 0, to: 0 };
  }

  #parseBlock(): Node {
    this.#cursor.expect('Bracket', '{');
    const body = this.parseSequence();
    this.#cursor.expect('Bracket', '}');
    return body;
  }

  #parseTernary(condition: Node): Node {
    const cursor = this.#cursor;
    let node = condition;
    while (cursor.is('Operator', '?') && !cursor.failed) {
      cursor.next();
      let yes = node;
      if (cursor.is('Operator', ':')) {
        cursor.next();
      } else {
        yes = this.parse(0);
        cursor.expect('Operator', ':');
      }
      const no = this.parse(0);
      node = this.#nodes.make(
        { kind: 'conditional', ternary: true, condition: node, yes, no },
        cursor.current,
      );
      if (cursor.failed) return node;
    }
    return node;
  }
}
