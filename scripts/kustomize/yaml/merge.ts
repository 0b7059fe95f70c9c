import type { YamlDocument, YamlNode } from './node.ts';

/**
 * A document with another laid over it, as kyaml's merge2 does it: mappings are merged key by key in the order of the
 * lower one, everything else is replaced, and a null of the upper one takes a key away.
 */
export function mergeYaml(lower: YamlDocument, upper: YamlDocument): YamlDocument {
  if (upper.root === undefined) return lower;
  if (lower.root === undefined) return upper;
  return { ...lower, root: merged(lower.root, upper.root) };
}

function merged(lower: YamlNode, upper: YamlNode): YamlNode {
  if (lower.kind !== 'mapping' || upper.kind !== 'mapping') return upper;
  const content: YamlNode[] = [];
  const pairs = pairsOf(lower);
  const above = new Map(pairsOf(upper).map(([key, value]) => [key.value, value]));
  for (const [key, value] of pairs) {
    const patch = above.get(key.value);
    if (patch === undefined) content.push(key, value);
    else if (!isNull(patch)) content.push(key, merged(value, patch));
  }
  const below = new Set(pairs.map(([key]) => key.value));
  for (const [key, value] of pairsOf(upper)) {
    if (!below.has(key.value) && !isNull(value)) content.push(key, withoutNulls(value));
  }
  return { ...lower, content };
}

function pairsOf(mapping: YamlNode): readonly (readonly [YamlNode, YamlNode])[] {
  return mapping.content.flatMap((key, index) => {
    const value = mapping.content[index + 1];
    return index % 2 === 0 && value !== undefined ? [[key, value] as const] : [];
  });
}

function withoutNulls(node: YamlNode): YamlNode {
  if (node.kind !== 'mapping') return node;
  const kept = pairsOf(node).filter(([, value]) => !isNull(value));
  return { ...node, content: kept.flatMap(([key, value]) => [key, withoutNulls(value)]) };
}

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);

function isNull({ kind, style, value }: YamlNode): boolean {
  return kind === 'scalar' && style === 'plain' && NULLS.has(value);
}
