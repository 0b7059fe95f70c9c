import type { BinaryNode, Node } from './ast.ts';
import { integer, replace, unplaced } from './fold.ts';

interface Bounds {
  readonly from: bigint;
  readonly to: bigint;
}

/** The sum of a literal range, with or without a simple predicate, becomes a number. */
export function rewriteSumOfRange(node: Node): Node | undefined {
  if (node.kind !== 'builtin') return;
  const [source, predicate, initial] = node.args;
  const bounds = literalRange(source);
  if (bounds === undefined) return;
  const count = bounds.to - bounds.from + 1n;
  const sum = BigInt.asIntN(64, count * (bounds.from + bounds.to)) / 2n;
  if (node.name === 'sum') {
    if (predicate === undefined) return integer(node, sum);
    const result = predicate.kind === 'predicate' ? sumWith(predicate.body, sum, count) : undefined;
    return result === undefined ? undefined : integer(node, result);
  }
  if (node.name !== 'reduce' || !addsUp(predicate)) return;
  if (initial === undefined) return integer(node, sum);
  return initial.kind === 'integer' ? integer(node, initial.value + sum) : undefined;
}

/** `sum([a, b, c])` becomes `a + (b + c)`. */
export function rewriteSumOfArray(node: Node): Node | undefined {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return;
  const [array] = node.args;
  if (array?.kind !== 'array' || array.nodes.length < 2) return;
  return replace(
    node,
    array.nodes.reduceRight((right, left) =>
      unplaced({ kind: 'binary', operator: '+', left, right }),
    ),
  );
}

/** `sum(map(x, f))` becomes `sum(x, f)`. */
export function rewriteSumOfMap(node: Node): Node | undefined {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return;
  const [map] = node.args;
  if (map?.kind !== 'builtin' || map.name !== 'map') return;
  return replace(node, unplaced({ kind: 'builtin', name: 'sum', args: [...map.args] }));
}

function literalRange(node: Node | undefined): Bounds | undefined {
  if (node?.kind !== 'binary' || node.operator !== '..') return;
  const { left, right } = node;
  if (left.kind !== 'integer' || right.kind !== 'integer') return;
  return right.value >= left.value ? { from: left.value, to: right.value } : undefined;
}

function sumWith(body: Node, sum: bigint, count: bigint): bigint | undefined {
  if (isElement(body)) return sum;
  if (body.kind !== 'binary') return;
  const constant = constantBeside(body);
  if (constant === undefined) return;
  switch (body.operator) {
    case '*':
      return constant * sum;
    case '+':
      return sum + count * constant;
    case '-':
      return isElement(body.left) ? sum - count * constant : count * constant - sum;
    default:
      return;
  }
}

/** The integer on the other side of `#`. */
function constantBeside({ left, right }: BinaryNode): bigint | undefined {
  if (isElement(left) && right.kind === 'integer') return right.value;
  return left.kind === 'integer' && isElement(right) ? left.value : undefined;
}

function isElement(node: Node): boolean {
  return node.kind === 'pointer' && node.name === '';
}

function addsUp(predicate: Node | undefined): boolean {
  if (predicate?.kind !== 'predicate' || predicate.body.kind !== 'binary') return false;
  const { operator, left, right } = predicate.body;
  if (operator !== '+' || left.kind !== 'pointer' || right.kind !== 'pointer') return false;
  return [left.name, right.name].sort().join() === ',acc';
}
