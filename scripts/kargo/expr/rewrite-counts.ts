import type { BuiltinNode, Node } from './ast.ts';
import { replace, unplaced } from './fold.ts';
import type { Rewrite } from './rewrite.ts';

/** Comparisons of a count need not count to the end. */
export const rewriteCounts: readonly Rewrite[] = [countToAny, limitCount];

function countToAny(node: Node): Node | undefined {
  const found = comparedCount(node);
  if (found === undefined) return;
  const { operator, limit, count } = found;
  if (!(operator === '>' && limit === 0n) && !(operator === '>=' && limit === 1n)) return;
  return replace(node, unplaced({ kind: 'builtin', name: 'any', args: count.args }));
}

function limitCount(node: Node): undefined {
  const found = comparedCount(node);
  if (found === undefined || found.limit < 0n) return;
  const { operator, limit, count } = found;
  const threshold = operator === '>' || operator === '<=' ? limit + 1n : limit;
  if (threshold > 1n) count.threshold = Number(threshold);
}

function comparedCount(
  node: Node,
): { operator: string; limit: bigint; count: BuiltinNode } | undefined {
  if (node.kind !== 'binary' || !['>', '>=', '<', '<='].includes(node.operator)) return;
  const { operator, left, right } = node;
  if (left.kind !== 'builtin' || left.name !== 'count' || left.args.length !== 2) return;
  return right.kind === 'integer' ? { operator, limit: right.value, count: left } : undefined;
}
