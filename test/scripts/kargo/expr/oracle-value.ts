import { floatText } from '../../../../scripts/kargo/expr/go-float.ts';
import { bytesOf, compareStrings } from '../../../../scripts/kargo/expr/go-string.ts';
import {
  AnyMap,
  Duration,
  Location,
  Month,
  Sized,
  Time,
  type Value,
  Weekday,
} from '../../../../scripts/kargo/expr/index.ts';
import { formatTime } from '../../../../scripts/kargo/expr/time-format.ts';
import { RFC3339_NANO } from '../../../../scripts/kargo/expr/time-layout.ts';

/** The encoding of values in the recorded answers (../shared/oracles/README.md). */

/** A variable of expr-envs.json: bare integers are ints, anything with a fraction a float. */
export function decode(json: unknown): Value {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(decode);
  if (typeof json !== 'object') throw new TypeError(`not a recorded value: ${typeof json}`);
  if ('$type' in json && 'v' in json) {
    return json.$type === 'float' ? Number(json.v) : BigInt(String(json.v));
  }
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, decode(item)]));
}

/** A value as the recording program wrote it; keys sorted. */
export function encode(value: Value): unknown {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
        ? value
        : { $type: 'string', base64: Buffer.from(bytesOf(value)).toString('base64') };
    case 'boolean':
      return value;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : { $type: 'int', v: `${value}` };
    case 'number':
      return Number.isFinite(value) && !Number.isInteger(value)
        ? value
        : { $type: 'float', v: floatText(value) };
    case 'function':
      return { $type: 'func' };
  }
  if (value === null) return null;
  if (value instanceof Sized) return { $type: value.type, v: `${value.value}` };
  if (value instanceof Uint8Array) {
    return { $type: 'bytes', base64: Buffer.from(value).toString('base64') };
  }
  if (value instanceof Time) {
    return {
      $type: 'time',
      rfc3339nano: formatTime(value, RFC3339_NANO),
      zone: value.location.name,
    };
  }
  if (value instanceof Duration) return { $type: 'duration', ns: safeInteger(value.ns) };
  if (value instanceof Month) return { $type: 'month', v: value.number };
  if (value instanceof Weekday) return { $type: 'weekday', v: value.number };
  if (value instanceof Location) return { $type: 'location', name: value.name };
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof AnyMap) return encodeAnyMap(value);
  const sorted = Object.entries(value).sort(([a], [b]) => compareStrings(a, b));
  return Object.fromEntries(sorted.map(([key, item]) => [key, encode(item)]));
}

function encodeAnyMap(map: AnyMap): unknown {
  const entries = Array.from(map.entries(), ([key, item]) => [encode(key), encode(item)]);
  const text = (entry: unknown[]) => JSON.stringify(entry[0]);
  entries.sort((a, b) => compareStrings(text(a), text(b)));
  return { $type: 'anymap', entries };
}

function safeInteger(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
}
