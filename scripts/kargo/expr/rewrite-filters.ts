import type { BuiltinNode, Node } from './ast.ts';
import { nodeText } from './ast-text.ts';
import { replace, unplaced } from './fold.ts';
import { contains, type Rewrite } from './rewrite.ts';

/** In this order: map(filter), len(filter), last(filter) or filter[-1], first(filter) or filter[0]. */
export const shortenFilters: readonly Rewrite[] = [
  mapOfFilter,
  lengthOfFilter,
  (node) => endOfFilter(node, 'last', -1n, 'findLast'),
  (node) => endOfFilter(node, 'first', 0n, 'find'),
];

function mapOfFilter(node: Node): Node | undefined {
  if (node.kind !== 'builtin' || node.name !== 'map') return;
  const [source, predicate] = node.args;
  const filter = asFilter(source);
  if (predicate?.kind !== 'predicate' || filter === undefined || filter.map !== undefined) return;
  if (contains(predicate, (inner) => inner.kind === 'pointer' && inner.name === 'index')) return;
  return replace(
    node,
    unplaced({ kind: 'builtin', name: 'filter', args: filter.args, map: predicate.body }),
  );
}

function lengthOfFilter(node: Node): Node | undefined {
  if (node.kind !== 'builtin' || node.name !== 'len' || node.args.length !== 1) return;
  const filter = asFilter(node.args[0]);
  if (filter === undefined) return;
  return replace(node, unplaced({ kind: 'builtin', name: 'count', args: filter.args }));
}

function endOfFilter(node: Node, name: string, index: bigint, find: string): Node | undefined {
  let source: Node | undefined;
  let throws = false;
  if (node.kind === 'member' && !node.optional) {
    if (node.property.kind !== 'integer' || node.property.value !== index) return;
    source = node.object;
    throws = true;
  } else if (node.kind === 'builtin' && node.name === name && node.args.length === 1) {
    source = node.args[0];
  }
  const filter = asFilter(source);
  if (filter === undefined) return;
  const found: BuiltinNode = unplaced({ kind: 'builtin', name: find, args: filter.args, throws });
  if (filter.map !== undefined) found.map = filter.map;
  return replace(node, found);
}

function asFilter(node: Node | undefined): BuiltinNode | undefined {
  return node?.kind === 'builtin' && node.name === 'filter' && node.args.length === 2
    ? node
    : undefined;
}

const JOINED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  all: { and: 'and', '&&': '&&' },
  any: { or: 'or', '||': '||' },
  none: { and: 'or', '&&': '||' },
};

/** `all(x, p) and all(x, q)` becomes `all(x, p and q)`, and the like. */
export function joinPredicates(node: Node): Node | undefined {
  if (node.kind !== 'binary') return;
  const { left, right } = node;
  if (left.kind !== 'builtin' || right.kind !== 'builtin' || left.name !== right.name) return;
  const operator = JOINED[left.name]?.[node.operator];
  const [source, first] = left.args;
  const [other, second] = right.args;
  if (operator === undefined || source === undefined || other === undefined) return;
  if (first?.kind !== 'predicate' || second?.kind !== 'predicate') return;
  if (source.nature?.type !== other.nature?.type || nodeText(source) !== nodeText(other)) return;
  const both: Node = unplaced({
    kind: 'binary',
    operator,
    left: first.body,
    right: second.body,
  });
  const body = joinPredicates(both) ?? both;
  const predicate: Node = unplaced({ kind: 'predicate', body });
  return replace(node, unplaced({ kind: 'builtin', name: left.name, args: [source, predicate] }));
}
