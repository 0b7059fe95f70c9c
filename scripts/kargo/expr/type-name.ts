import { AnyMap } from './any-map.ts';
import { Duration } from './duration.ts';
import { HostObject } from './host.ts';
import { Location } from './location.ts';
import { functionType } from './method-value.ts';
import { Month, Time, Weekday } from './time.ts';
import { arrayType, isArray, isMap, isTextMap, Sized, type Value } from './value.ts';

/** The Go type of a value as `%T` prints it: `map[string]interface {}`, `<nil>`. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'function':
      return functionType(value);
  }
  if (value === null || value === undefined) return '<nil>';
  if (isArray(value)) return arrayType(value);
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  if (value instanceof Sized) return value.type;
  if (value instanceof Uint8Array) return '[]uint8';
  if (value instanceof AnyMap) return `map[interface {}]${value.element}`;
  if (value instanceof Month) return 'time.Month';
  if (value instanceof Weekday) return 'time.Weekday';
  if (value instanceof Location) return '*time.Location';
  if (value instanceof HostObject) return value.type;
  return isMap(value) && isTextMap(value) ? 'map[string]string' : 'map[string]interface {}';
}

/** The kind of a value as Go's package reflect names it. */
export function kindName(value: Value): string {
  const name = typeName(value);
  if (name === '<nil>') return 'invalid';
  if (name === 'time.Duration') return 'int64';
  if (name === 'time.Month' || name === 'time.Weekday') return 'int';
  // A builtin gets what a pointer points at.
  if (
    name === 'time.Time' ||
    name === '*time.Location' ||
    (value instanceof HostObject && !name.startsWith('*'))
  )
    return 'struct';
  if (name.startsWith('*')) return 'ptr';
  if (name.startsWith('[]')) return 'slice';
  if (name.startsWith('[')) return 'array';
  if (name.startsWith('map')) return 'map';
  return name.startsWith('func') ? 'func' : name;
}
