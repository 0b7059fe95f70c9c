import type { BinaryNode, Node, UnaryNode } from './ast.ts';
import { Fault } from './error.ts';
import { power } from './go-float.ts';
import { concatenate } from './go-string.ts';
import { ANY_ARRAY, BOOL, FLOAT, INT, STRING } from './go-type.ts';
import { natureOf } from './nature.ts';
import { type Value, wrap } from './value.ts';

/**
 * What a node comes to without running anything, or undefined where it has to run. Throws Fault for what can only
 * fail. `true and x` becomes x, whatever x is, and `x and false` becomes false without x.
 */
export function fold(node: Node): Node | undefined {
  switch (node.kind) {
    case 'unary':
      return foldUnary(node);
    case 'binary':
      return foldBinary(node);
    case 'array':
      return foldArray(node);
    case 'builtin': {
      const [inner, predicate] = node.args;
      if (node.name !== 'filter' || inner?.kind !== 'builtin' || inner.name !== 'filter') {
        return undefined;
      }
      const [source, first] = inner.args;
      if (source === undefined || first?.kind !== 'predicate' || predicate?.kind !== 'predicate') {
        return undefined;
      }
      const body: Node = unplaced({
        kind: 'binary',
        operator: '&&',
        left: first.body,
        right: predicate.body,
      });
      const both: Node = unplaced({ kind: 'predicate', body });
      return replace(node, {
        kind: 'builtin',
        name: 'filter',
        args: [source, both],
        from: 0,
        to: 0,
      });
    }
    default:
      return undefined;
  }
}

/** A node that takes the place of another: at the same position, of the same nature. */
export function replace(old: Node, node: Node): Node {
  node.from = old.from;
  node.to = old.to;
  if (old.nature !== undefined) node.nature = old.nature;
  return node;
}

/** A node of the optimizer's own; errors about it point at the start of the source. */
export function unplaced<T>(node: T): T & { from: number; to: number } {
  return { ...node, from: 0, to: 0 };
}

export const bool = (at: Node, value: boolean): Node => literal(at, { kind: 'bool', value });
export const integer = (at: Node, value: bigint): Node =>
  literal(at, { kind: 'integer', value: wrap(value) });
const float = (at: Node, value: number): Node => literal(at, { kind: 'float', value });

type Literal =
  | { kind: 'bool'; value: boolean }
  | { kind: 'integer'; value: bigint }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string };

const TYPES = { bool: BOOL, integer: INT, float: FLOAT, string: STRING };

function literal({ from, to }: Node, node: Literal): Node {
  return { ...node, from, to, nature: natureOf(TYPES[node.kind]) };
}

function foldUnary(node: UnaryNode): Node | undefined {
  const { operator, operand } = node;
  if (operator === '!' || operator === 'not') {
    return operand.kind === 'bool' ? bool(node, !operand.value) : undefined;
  }
  const sign = operator === '-' ? -1 : 1;
  if (operand.kind === 'integer') return integer(node, BigInt(sign) * operand.value);
  return operand.kind === 'float' ? float(node, sign * operand.value) : undefined;
}

function foldBinary(node: BinaryNode): Node | undefined {
  const { operator, left, right } = node;
  switch (operator) {
    case 'and':
    case '&&':
      return foldLogic(node, true);
    case 'or':
    case '||':
      return foldLogic(node, false);
    case '==': {
      if (left.kind === 'integer' && right.kind === 'integer')
        return bool(node, left.value === right.value);
      if (left.kind === 'string' && right.kind === 'string')
        return bool(node, left.value === right.value);
      if (left.kind === 'bool' && right.kind === 'bool')
        return bool(node, left.value === right.value);
      return undefined;
    }
    case '+':
      if (left.kind === 'string' && right.kind === 'string') {
        return literal(node, { kind: 'string', value: concatenate(left.value, right.value) });
      }
  }
  if (left.kind !== 'integer' && left.kind !== 'float') return undefined;
  if (right.kind !== 'integer' && right.kind !== 'float') return undefined;
  return foldNumbers(node, left.value, right.value);
}

function foldLogic(node: BinaryNode, neutral: boolean): Node | undefined {
  const { left, right } = node;
  if (left.kind === 'bool' && left.value === neutral) return replace(node, { ...right });
  if (right.kind === 'bool' && right.value === neutral) return replace(node, { ...left });
  return left.kind === 'bool' || right.kind === 'bool' ? bool(node, !neutral) : undefined;
}

function foldNumbers(node: BinaryNode, a: bigint | number, b: bigint | number): Node | undefined {
  const { operator } = node;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    switch (operator) {
      case '+':
        return integer(node, a + b);
      case '-':
        return integer(node, a - b);
      case '*':
        return integer(node, a * b);
      case '%':
        if (b === 0n) throw new Fault('integer divide by zero');
        return integer(node, a % b);
    }
  }
  const [x, y] = [Number(a), Number(b)];
  switch (operator) {
    case '+':
      return float(node, x + y);
    case '-':
      return float(node, x - y);
    case '*':
      return float(node, x * y);
    case '/':
      return float(node, x / y);
    case '**':
    case '^':
      return float(node, power(x, y));
    default:
      return undefined;
  }
}

function foldArray(node: Node & { kind: 'array' }): Node | undefined {
  if (node.nodes.length === 0) return undefined;
  const value: Value[] = [];
  for (const element of node.nodes) {
    switch (element.kind) {
      case 'integer':
      case 'float':
      case 'string':
      case 'bool':
        value.push(element.value);
        break;
      default:
        return undefined;
    }
  }
  // Its nature is that of a plain array: what was known of the elements is lost.
  const { from, to } = node;
  return { kind: 'constant', value, from, to, nature: natureOf(ANY_ARRAY) };
}
