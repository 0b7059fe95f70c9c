import { Fault } from '../expr/error.ts';
import { HostObject } from '../expr/host.ts';
import { typeName } from '../expr/type-name.ts';
import type { Value } from '../expr/value.ts';

/** A text argument; anything else is Kargo's complaint about `which` argument. */
export function textArgument(value: Value | undefined, which = 'argument'): string {
  if (typeof value === 'string') return value;
  throw new Fault(`${which} must be string, got ${typeName(value ?? null)}`);
}

/** The Warehouse that an argument made by `warehouse()` names; `undefined` where the argument is not given. */
export function originArgument(value: Value | undefined, which: string): string | undefined {
  if (value === undefined) return undefined;
  const name = value instanceof HostObject ? value.fields['Name'] : undefined;
  if (typeof name === 'string') return name;
  throw new Fault(`${which} must be FreightOrigin, got ${typeName(value)}`);
}
