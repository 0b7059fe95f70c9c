import type { Node } from './ast.ts';
import { replace, unplaced } from './fold.ts';

/** `x in [1, 2]` and `x in ["a", "b"]` become a look-up, which is stricter about the type of x. */
export function rewriteArrayLookup(node: Node): Node | undefined {
  if (node.kind !== 'binary' || node.operator !== 'in' || node.right.kind !== 'array') return;
  const elements = node.right.nodes;
  if (elements.length === 0) return;
  const integers = elements.flatMap((e) => (e.kind === 'integer' ? [e.value] : []));
  const strings = elements.flatMap((e) => (e.kind === 'string' ? [e.value] : []));
  let right: Node;
  if (node.left.nature?.type?.kind === 'int' && integers.length === elements.length) {
    right = unplaced({ kind: 'lookup', of: 'int', values: new Set(integers) });
  } else if (strings.length === elements.length) {
    right = unplaced({ kind: 'lookup', of: 'string', values: new Set(strings) });
  } else {
    return;
  }
  return replace(node, unplaced({ kind: 'binary', operator: 'in', left: node.left, right }));
}

/** `i in 1..3` becomes `i >= 1 and i <= 3` where i is known to be an int. */
export function rewriteRangeLookup(node: Node): Node | undefined {
  if (node.kind !== 'binary' || node.operator !== 'in') return;
  const { left, right } = node;
  if (left.nature?.type?.kind !== 'int') return;
  if (right.kind !== 'binary' || right.operator !== '..') return;
  if (right.left.kind !== 'integer' || right.right.kind !== 'integer') return;
  const atLeast: Node = unplaced({ kind: 'binary', operator: '>=', left, right: right.left });
  const atMost: Node = unplaced({ kind: 'binary', operator: '<=', left, right: right.right });
  return replace(node, unplaced({ kind: 'binary', operator: 'and', left: atLeast, right: atMost }));
}
