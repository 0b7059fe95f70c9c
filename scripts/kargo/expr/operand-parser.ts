import type { Node, PairNode } from './ast.ts';
import { isBuiltin, PREDICATE_BUILTINS } from './builtin-names.ts';
import { isIdentifier } from './characters.ts';
import { bytesOf } from './go-string.ts';
import { type NodeMaker, nothing } from './node-maker.ts';
import { parseNumber } from './number-literal.ts';
import { UNARY } from './operators.ts';
import { describeToken, type Token } from './token.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The part of the grammar that operands contain again. */
export interface ExpressionParser {
  parse(precedence: number): Node;
  parseSequence(): Node;
}

/** Reads what stands between operators: literals, names, calls, members, lists. */
export class OperandParser {
  readonly #cursor: TokenCursor;
  readonly #nodes: NodeMaker;
  readonly #expressions: ExpressionParser;
  readonly #functions: ReadonlySet<string>;
  /** How many predicates surround the current token; only inside one there are `#` and `.name`. */
  #predicates = 0;

  constructor(
    cursor: TokenCursor,
    nodes: NodeMaker,
    expressions: ExpressionParser,
    functions: ReadonlySet<string>,
  ) {
    this.#cursor = cursor;
    this.#nodes = nodes;
    this.#expressions = expressions;
    this.#functions = functions;
  }

  parse(): Node {
    const cursor = this.#cursor;
    const token = cursor.current;
    const unary = token.kind === 'Operator' ? UNARY.get(token.value) : undefined;
    if (unary !== undefined) {
      cursor.next();
      const operand = this.#expressions.parse(unary.precedence);
      const node = this.#nodes.make({ kind: 'unary', operator: token.value, operand }, token);
      return cursor.failed ? node : this.#parsePostfix(node);
    }
    if (cursor.is('Bracket', '(')) {
      cursor.next();
      const inner = this.#expressions.parseSequence();
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
      return this.#parsePostfix(this.parseCall(name, [], false));
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
    const node = this.#nodes.make({ kind: 'pointer', name }, token);
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
          ? this.parseCall(token, [], true)
          : this.#nodes.make({ kind: 'identifier', name: token.value }, token);
        break;
      }
      case 'Number': {
        cursor.next();
        const value = cursor.attempt(() => parseNumber(token.value), 0n);
        return typeof value === 'bigint'
          ? this.#nodes.make({ kind: 'integer', value }, token)
          : this.#nodes.make({ kind: 'float', value }, token);
      }
      case 'String':
        cursor.next();
        node = this.#nodes.make({ kind: 'string', value: token.value }, token);
        break;
      case 'Bytes':
        cursor.next();
        node = this.#nodes.make({ kind: 'bytes', value: bytesOf(token.value) }, token);
        break;
      default:
        if (cursor.is('Bracket', '[')) node = this.#parseArray(token);
        else if (cursor.is('Bracket', '{')) node = this.#parseMap(token);
        else {
          cursor.unexpected();
          node = nothing();
        }
    }
    return cursor.failed ? node : this.#parsePostfix(node);
  }

  /** `true`, `false` and `nil`; nothing can be chained to them. */
  #literal(token: Token): Node | undefined {
    switch (token.value) {
      case 'true':
      case 'false':
        return this.#nodes.make({ kind: 'bool', value: token.value === 'true' }, token);
      case 'nil':
        return this.#nodes.make({ kind: 'nil' }, token);
      default:
        return undefined;
    }
  }

  /** A call by name. `args` holds what a pipe passed; `overridable` is false after `::`. */
  parseCall(name: Token, args: Node[], overridable: boolean): Node {
    const hosted = overridable && this.#functions.has(name.value);
    const shape = PREDICATE_BUILTINS.get(name.value);
    if (shape !== undefined && !hosted) {
      this.#parsePredicateArguments(shape.slice(args.length), args);
      return this.#nodes.make({ kind: 'builtin', name: name.value, args }, name);
    }
    if (isBuiltin(name.value) && !hosted) {
      this.#parseArguments(args);
      return this.#nodes.make({ kind: 'builtin', name: name.value, args }, name);
    }
    const callee = this.#nodes.make({ kind: 'identifier', name: name.value }, name);
    if (this.#cursor.failed) return callee;
    this.#parseArguments(args);
    return this.#nodes.make({ kind: 'call', callee, args }, name);
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
      args.push(
        argument.startsWith('predicate') ? this.#parsePredicate() : this.#expressions.parse(0),
      );
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
    const body = braces ? this.#expressions.parseSequence() : this.#expressions.parse(0);
    if (!braces && cursor.is('Operator', ';')) {
      cursor.fail('wrap predicate with brackets { and }');
    }
    this.#predicates--;
    if (braces) cursor.expect('Bracket', '}');
    return this.#nodes.make({ kind: 'predicate', body }, start);
  }

  #parseArguments(args: Node[]): void {
    const cursor = this.#cursor;
    cursor.expect('Bracket', '(');
    for (let first = true; !cursor.is('Bracket', ')') && !cursor.failed; first = false) {
      if (!first) cursor.expect('Operator', ',');
      if (cursor.is('Bracket', ')')) break;
      args.push(this.#expressions.parse(0));
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
      nodes.push(this.#expressions.parse(0));
    }
    cursor.expect('Bracket', ']');
    return this.#nodes.make({ kind: 'array', nodes }, start);
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
      const value = this.#expressions.parse(0);
      cursor.countNode();
      pairs.push({ kind: 'pair', key, value, from: start.from, to: start.to });
      if (cursor.failed) return nothing();
    }
    cursor.expect('Bracket', '}');
    return this.#nodes.make({ kind: 'map', pairs }, start);
  }

  #parseKey(): Node {
    const cursor = this.#cursor;
    const token = cursor.current;
    if (token.kind === 'Number' || token.kind === 'String' || token.kind === 'Identifier') {
      const key = this.#nodes.make({ kind: 'string', value: token.value }, token);
      if (!cursor.failed) cursor.next();
      return key;
    }
    if (cursor.is('Bracket', '(')) return this.#expressions.parse(0);
    cursor.fail(
      'a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses ' +
        `(unexpected token ${describeToken(token)})`,
    );
    return nothing();
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
    const property = this.#nodes.make({ kind: 'string', value: name.value }, name);
    if (cursor.failed) return property;
    // A chain goes on: what follows it is guarded by the `?.` inside it too.
    const chained = before.kind === 'chain';
    const object = chained ? before.body : before;
    const method = cursor.is('Bracket', '(');
    let node = this.#nodes.make({ kind: 'member', object, property, optional, method }, name);
    if (cursor.failed) return node;
    if (method) {
      const args: Node[] = [];
      this.#parseArguments(args);
      node = this.#nodes.make({ kind: 'call', callee: node, args }, name);
      if (cursor.failed) return node;
    }
    return chained || optional ? this.#nodes.make({ kind: 'chain', body: node }, name) : node;
  }

  #parseBrackets(object: Node, bracket: Token, optional: boolean): Node {
    const cursor = this.#cursor;
    cursor.next();
    const start = cursor.is('Operator', ':') ? undefined : this.#expressions.parse(0);
    if (cursor.is('Operator', ':')) {
      cursor.next();
      const end = cursor.is('Bracket', ']') ? undefined : this.#expressions.parse(0);
      const slice = this.#nodes.make(
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
    const property = start ?? nothing();
    let node = this.#nodes.make(
      { kind: 'member', object, property, optional, method: false },
      bracket,
    );
    if (cursor.failed) return node;
    if (optional) node = this.#nodes.make({ kind: 'chain', body: node }, bracket);
    if (!cursor.failed) cursor.expect('Bracket', ']');
    return node;
  }
}
