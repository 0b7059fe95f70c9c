import { emptyMap, type Value } from '../expr/value.ts';

/** Go's map[string]string. */
export function textMap(texts: Readonly<Record<string, string>>): Value {
  return Object.assign(emptyMap(), texts);
}
