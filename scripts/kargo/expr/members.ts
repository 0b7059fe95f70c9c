import { funcType, type GoType, goType } from './go-type.ts';
import { HostObject, hostMethodType } from './host.ts';
import { typedFunction } from './method-value.ts';
import { timeMethod, timeMethodType } from './time-methods.ts';
import type { HostFunction, Value } from './value.ts';

/** The type of a method, its receiver first, or undefined where a type has no such method. */
export function methodType(type: GoType, name: string): GoType | undefined {
  const time = timeMethodType(type.text, name);
  const method = time === undefined ? hostMethodType(type, name) : goType(time);
  if (method === undefined) return undefined;
  return funcType([type, ...(method.parameters ?? [])], method.results ?? [], method.variadic);
}

/** A method of a value, bound to it, as Go's reflection gives it. */
export function methodOf(value: Value, name: string): HostFunction | undefined {
  if (value instanceof HostObject) {
    return Object.hasOwn(value.methods, name) ? value.methods[name] : undefined;
  }
  const method = timeMethod(value, name);
  return method === undefined ? undefined : typedFunction(method.type, method.call);
}
