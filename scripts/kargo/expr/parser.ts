import type { Node, PairNode } from './ast.ts';
import { isBuiltin, PREDICATE_BUILTINS } from './builtin-names.ts';
import { isIdentifier } from './characters.ts';
import type { Span } from './error.ts';
import { bytesOf } from './go-string.ts';
import { parseNumber } from './number-literal.ts';
import { BINARY, COMPARISONS, NEGATABLE, UNARY } from './operators.ts';
import { describeToken, type Token } from './token.ts';
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

/** What a node looks like before it has a place; distributes over the kinds. */
type Unplaced<T> = T extends Node ? Omit<T, 'from' | 'to' | 'nature'> : never;

class Parser {
  readonly #cursor: TokenCursor;
  readonly #functions: ReadonlySet<string>;
  /** How many predicates surround the current token; only inside one there are `#` and `.name`. */
  #predicates = 0;

  constructor(cursor: TokenCursor, functions: ReadonlySet<string>) {
    this.#cursor = cursor;
    this.#functions = functions;
  }

  parseSequence(): Node {
    const first = this.#parse(0);
    const nodes = [first];
    while (this.#cursor.is('Operator', ';') && !this.#cursor.failed) {
      this.#cursor.next();
      if (this.#cursor.is('EOF')) break;
      nodes.push(this.#parse(0));
    }
    return nodes.length === 1 ? first : this.#make({ kind: 'sequence', nodes }, first);
  }

  #parse(precedence: number): Node {
    const cursor = this.#cursor;
    if (cursor.failed) return this.#nothing();
    return cursor.nested(
      () => {
        if (precedence === 0 && cursor.is('Operator', 'let')) return this.#parseLet();
        if (precedence === 0 && cursor.is('Operator', 'if')) return this.#parseIf();
        const node = this.#parseOperators(this.#parsePrimary(), precedence);
        return precedence === 0 ? this.#parseTernary(node) : node;
      },
      () => this.#nothing(),
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
        left = this.#parseCall(name, [left], true);
      } else if (previous === '??' && operator.value !== '??') {
        cursor.fail(
          `Operator (${operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`,
          operator,
        );
        break;
      } else if (COMPARISONS.has(operator.value)) {
        left = this.#parseComparisons(left, operator, rule.precedence);
      } else {
        const right = this.#parse(rule.right === true ? rule.precedence : rule.precedence + 1);
        left = this.#make({ kind: 'binary', operator: operator.value, left, right }, operator);
        if (cursor.failed) return left;
        if (negated) {
          left = this.#make({ kind: 'unary', operator: 'not', operand: left }, operator);
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
      const right = this.#parse(precedence + 1);
      const one = this.#make({ kind: 'binary', operator: operator.value, left, right }, operator);
      if (cursor.failed) return one;
      all =
        all === undefined
          ? one
          : this.#make({ kind: 'binary', operator: '&&', left: all, right: one }, operator);
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
    const value = this.#parse(0);
    cursor.expect('Operator', ';');
    const body = this.parseSequence();
    return this.#make({ kind: 'let', name: name.value, value, body }, name);
  }

  #parseIf(): Node {
    const cursor = this.#cursor;
    cursor.next();
    if (cursor.failed) return this.#nothing();
    const condition = this.#parse(0);
    const then = this.#parseBlock();
    cursor.expect('Operator', 'else');
    const otherwise = cursor.is('Operator', 'if')
      ? cursor.nested(
          () => this.#parseIf(),
          () => this.#nothing(),
        )
      : this.#parseBlock();
    // It has no place of its own: errors about it point at the start of the source.
    return { kind: 'conditional', ternary: false, condition, then, otherwise, from: 0, to: 0 };
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
      let then = node;
      if (cursor.is('Operator', ':')) {
        cursor.next();
      } else {
        then = this.#parse(0);
        cursor.expect('Operator', ':');
      }
      const otherwise = this.#parse(0);
      node = this.#make(
        { kind: 'conditional', ternary: true, condition: node, then, otherwise },
        cursor.current,
      );
      if (cursor.failed) return node;
    }
    return node;
  }

  #parsePrimary(): Node {
    const cursor = this.#cursor;
    const token = cursor.current;
    const unary = token.kind === 'Operator' ? UNARY.get(token.value) : undefined;
    if (unary !== undefined) {
      cursor.next();
      const operand = this.#parse(unary.precedence);
      const node = this.#make({ kind: 'unary', operator: token.value, operand }, token);
      return cursor.failed ? node : this.#parsePostfix(node);
    }
    if (cursor.is('Bracket', '(')) {
      cursor.next();
      const inner = this.parseSequence();
      cursor.expect('Bracket', ')');
      return this.#parsePostfix(inner);
    }
    if (this.#predicates > 0 && (cursor.is('Operator', '#') || cursor.is('Operator', '.'))) {
      return this.#parsePointer(token);
    }
    if (cursor.is('Operator', '::')) {
      cursor.next();
      const name = cursor.current;
      cursor.expect('Identifier');
      return this.#parsePostfix(this.#parseCall(name, [], false));
    }
    return this.#parseOperand(token);
  }

  #parsePointer(token: Token): Node {
    const cursor = this.#cursor;
    let name = '';
    if (token.value === '#') {
      cursor.next();
      if (cursor.is('Identifier')) {
        name = cursor.current.value;
        cursor.next();
      }
    }
    const node = this.#make({ kind: 'pointer', name }, token);
    return cursor.failed ? node : this.#parsePostfix(node);
  }

  #parseOperand(token: Token): Node {
    const cursor = this.#cursor;
    let node: Node;
    switch (token.kind) {
      case 'Identifier': {
        cursor.next();
        const literal = this.#literal(token);
        if (literal !== undefined) return literal;
        node = cursor.is('Bracket', '(')
          ? this.#parseCall(token, [], true)
          : this.#make({ kind: 'identifier', name: token.value }, token);
        break;
      }
      case 'Number': {
        cursor.next();
        const value = cursor.attempt(() => parseNumber(token.value), 0n);
        return typeof value === 'bigint'
          ? this.#make({ kind: 'integer', value }, token)
          : this.#make({ kind: 'float', value }, token);
      }
      case 'String':
        cursor.next();
        node = this.#make({ kind: 'string', value: token.value }, token);
        break;
      case 'Bytes':
        cursor.next();
        node = this.#make({ kind: 'bytes', value: bytesOf(token.value) }, token);
        break;
      default:
        if (cursor.is('Bracket', '[')) node = this.#parseArray(token);
        else if (cursor.is('Bracket', '{')) node = this.#parseMap(token);
        else {
          cursor.unexpected();
          node = this.#nothing();
        }
    }
    return cursor.failed ? node : this.#parsePostfix(node);
  }

  /** `true`, `false` and `nil`; nothing can be chained to them. */
  #literal(token: Token): Node | undefined {
    switch (token.value) {
      case 'true':
      case 'false':
        return this.#make({ kind: 'bool', value: token.value === 'true' }, token);
      case 'nil':
        return this.#make({ kind: 'nil' }, token);
      default:
        return undefined;
    }
  }

  /** A call by name. `args` holds what a pipe passed; `overridable` is false after `::`. */
  #parseCall(name: Token, args: Node[], overridable: boolean): Node {
    const hosted = overridable && this.#functions.has(name.value);
    const shape = PREDICATE_BUILTINS.get(name.value);
    if (shape !== undefined && !hosted) {
      this.#parsePredicateArguments(shape.slice(args.length), args);
      return this.#make({ kind: 'builtin', name: name.value, args }, name);
    }
    if (isBuiltin(name.value) && !hosted) {
      this.#parseArguments(args);
      return this.#make({ kind: 'builtin', name: name.value, args }, name);
    }
    const callee = this.#make({ kind: 'identifier', name: name.value }, name);
    if (this.#cursor.failed) return callee;
    this.#parseArguments(args);
    return this.#make({ kind: 'call', callee, args }, name);
  }

  #parsePredicateArguments(shape: readonly string[], args: Node[]): void {
    const cursor = this.#cursor;
    cursor.expect('Bracket', '(');
    for (const [i, argument] of shape.entries()) {
      if (cursor.is('Bracket', ')')) {
        if (argument.endsWith('?')) break;
        cursor.fail(`expected at least ${shape.length} arguments`);
      }
      if (i > 0) cursor.expect('Operator', ',');
      args.push(argument.startsWith('predicate') ? this.#parsePredicate() : this.#parse(0));
    }
    if (cursor.is('Operator', ',')) cursor.next();
    cursor.expect('Bracket', ')');
  }

  #parsePredicate(): Node {
    const cursor = this.#cursor;
    const start = cursor.current;
    const braces = cursor.is('Bracket', '{');
    if (braces) cursor.next();
    this.#predicates++;
    const body = braces ? this.parseSequence() : this.#parse(0);
    if (!braces && cursor.is('Operator', ';')) {
      cursor.fail('wrap predicate with brackets { and }');
    }
    this.#predicates--;
    if (braces) cursor.expect('Bracket', '}');
    return this.#make({ kind: 'predicate', body }, start);
  }

  #parseArguments(args: Node[]): void {
    const cursor = this.#cursor;
    cursor.expect('Bracket', '(');
    for (let first = true; !cursor.is('Bracket', ')') && !cursor.failed; first = false) {
      if (!first) cursor.expect('Operator', ',');
      if (cursor.is('Bracket', ')')) break;
      args.push(this.#parse(0));
    }
    cursor.expect('Bracket', ')');
  }

  #parseArray(start: Token): Node {
    const cursor = this.#cursor;
    const nodes: Node[] = [];
    cursor.expect('Bracket', '[');
    while (!cursor.is('Bracket', ']') && !cursor.failed) {
      if (nodes.length > 0) {
        cursor.expect('Operator', ',');
        if (cursor.is('Bracket', ']')) break;
      }
      nodes.push(this.#parse(0));
    }
    cursor.expect('Bracket', ']');
    return this.#make({ kind: 'array', nodes }, start);
  }

  #parseMap(start: Token): Node {
    const cursor = this.#cursor;
    const pairs: PairNode[] = [];
    cursor.expect('Bracket', '{');
    while (!cursor.is('Bracket', '}') && !cursor.failed) {
      if (pairs.length > 0) {
        cursor.expect('Operator', ',');
        if (cursor.is('Bracket', '}')) break;
        if (cursor.is('Operator', ',')) cursor.unexpected();
      }
      const key = this.#parseKey();
      cursor.expect('Operator', ':');
      const value = this.#parse(0);
      cursor.countNode();
      pairs.push({ kind: 'pair', key, value, from: start.from, to: start.to });
      if (cursor.failed) return this.#nothing();
    }
    cursor.expect('Bracket', '}');
    return this.#make({ kind: 'map', pairs }, start);
  }

  #parseKey(): Node {
    const cursor = this.#cursor;
    const token = cursor.current;
    if (token.kind === 'Number' || token.kind === 'String' || token.kind === 'Identifier') {
      const key = this.#make({ kind: 'string', value: token.value }, token);
      if (!cursor.failed) cursor.next();
      return key;
    }
    if (cursor.is('Bracket', '(')) return this.#parse(0);
    cursor.fail(
      'a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses ' +
        `(unexpected token ${describeToken(token)})`,
    );
    return this.#nothing();
  }

  #parsePostfix(first: Node): Node {
    const cursor = this.#cursor;
    let node = first;
    while ((cursor.is('Operator') || cursor.is('Bracket')) && !cursor.failed) {
      const token = cursor.current;
      if (token.value === '[') {
        node = this.#parseBrackets(node, token, false);
      } else if (token.value === '.' || token.value === '?.') {
        cursor.next();
        const optional = token.value === '?.';
        node =
          optional && cursor.is('Bracket', '[')
            ? this.#parseBrackets(node, cursor.current, true)
            : this.#parseProperty(node, optional);
      } else {
        break;
      }
    }
    return node;
  }

  #parseProperty(before: Node, optional: boolean): Node {
    const cursor = this.#cursor;
    const name = cursor.current;
    cursor.next();
    if (name.kind !== 'Identifier' && (name.kind !== 'Operator' || !isIdentifier(name.value))) {
      cursor.fail('expected name');
    }
    const property = this.#make({ kind: 'string', value: name.value }, name);
    if (cursor.failed) return property;
    // A chain goes on: what follows it is guarded by the `?.` inside it too.
    const chained = before.kind === 'chain';
    const object = chained ? before.body : before;
    const method = cursor.is('Bracket', '(');
    let node = this.#make({ kind: 'member', object, property, optional, method }, name);
    if (cursor.failed) return node;
    if (method) {
      const args: Node[] = [];
      this.#parseArguments(args);
      node = this.#make({ kind: 'call', callee: node, args }, name);
      if (cursor.failed) return node;
    }
    return chained || optional ? this.#make({ kind: 'chain', body: node }, name) : node;
  }

  #parseBrackets(object: Node, bracket: Token, optional: boolean): Node {
    const cursor = this.#cursor;
    cursor.next();
    const start = cursor.is('Operator', ':') ? undefined : this.#parse(0);
    if (cursor.is('Operator', ':')) {
      cursor.next();
      const end = cursor.is('Bracket', ']') ? undefined : this.#parse(0);
      const slice = this.#make(
        {
          kind: 'slice',
          object,
          ...(start === undefined ? {} : { start }),
          ...(end === undefined ? {} : { end }),
        },
        bracket,
      );
      if (!cursor.failed) cursor.expect('Bracket', ']');
      return slice;
    }
    const property = start ?? this.#nothing();
    let node = this.#make({ kind: 'member', object, property, optional, method: false }, bracket);
    if (cursor.failed) return node;
    if (optional) node = this.#make({ kind: 'chain', body: node }, bracket);
    if (!cursor.failed) cursor.expect('Bracket', ']');
    return node;
  }

  #make(node: Unplaced<Node>, place: Span): Node {
    this.#cursor.countNode();
    return { ...node, from: place.from, to: place.to };
  }

  /** Stands where an error left nothing. */
  #nothing(): Node {
    return { kind: 'nil', from: 0, to: 0 };
  }
}
