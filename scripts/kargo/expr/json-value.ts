import { parseJson } from './json-parse.ts';
import { jsonText } from './json-text.ts';
import { emptyMap, type Value } from './value.ts';

/**
 * A value made of decoded JSON or YAML: numbers become float64, objects maps without prototype. Throws TypeError for
 * what JSON cannot hold.
 */
export function fromJson(value: unknown): Value {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    case 'bigint':
      return Number(value);
    case 'object':
      break;
    default:
      throw new TypeError(`expected a JSON value, got a ${typeof value}`);
  }
  if (Array.isArray(value)) return value.map(fromJson);
  const map = emptyMap();
  for (const [key, item] of Object.entries(value)) map[key] = fromJson(item);
  return map;
}

/**
 * The plain JSON value that Go's encoding/json would give; ints become numbers. Throws Fault for what JSON cannot
 * hold: functions, NaN, maps with keys of any type.
 */
export function toJson(value: Value): unknown {
  return parseJson(jsonText(value));
}
