import { isScalar, type Scalar, type YAMLMap } from 'yaml';

/**
 * The keys that stand before in the same map already, in order. For texts parsed with `uniqueKeys: false`: the library
 * itself compares each key with all others of its map, and a calendar has hundreds.
 */
export function* repeatedKeys({ items }: YAMLMap): Generator<Scalar> {
  const keys = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (keys.has(key.value)) yield key;
    keys.add(key.value);
  }
}
