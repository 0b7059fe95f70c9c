import { AnyMap } from './any-map.ts';
import { entriesOf } from './conversions.ts';
import { floatText } from './go-float.ts';
import { orderKeys } from './key-order.ts';
import { Time } from './time.ts';
import { timeText } from './time-format.ts';
import { isArray, isMap, Sized, type Value } from './value.ts';

/** A value as Go prints it with `%v`: `map[a:1 b:[x y]]`, `<nil>`, `1e+06`. */
export function valueText(value: Value): string {
  return text(value, (_, plain) => plain);
}

/** A value as Go prints it with `%s`, which has its own way with what is no string: `%!s(int=2)`. */
export function stringVerbText(value: Value): string {
  return text(value, (type, plain) => `%!s(${type}=${plain})`);
}

/** How a number or a bool is shown. */
type Scalar = (type: string, plain: string) => string;

function text(value: Value, scalar: Scalar): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
      return scalar('int', `${value}`);
    case 'boolean':
      return scalar('bool', `${value}`);
    case 'number':
      return scalar('float64', floatText(value));
    case 'function':
      // Go prints an address, which nothing can rely on.
      return '0xc000000000';
  }
  if (value === null) return '<nil>';
  if (value instanceof Time) return timeText(value);
  if (value instanceof Sized) return scalar(value.type, `${value.value}`);
  if (value instanceof Uint8Array) return `[${Array.from(value).join(' ')}]`;
  if (value instanceof AnyMap || isMap(value)) return mapText(value, scalar);
  if (isArray(value)) return `[${value.map((element) => text(element, scalar)).join(' ')}]`;
  return value.toString();
}

function mapText(value: Value, scalar: Scalar): string {
  const entries = entriesOf(value) ?? [];
  if (value instanceof AnyMap) entries.sort(([a], [b]) => orderKeys(a, b));
  return `map[${entries.map(([k, v]) => `${text(k, scalar)}:${text(v, scalar)}`).join(' ')}]`;
}
