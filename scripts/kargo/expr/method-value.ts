import type { HostFunction } from './value.ts';

const TYPE = Symbol('Go type of the function');
const UNTYPED = 'func(...interface {}) (interface {}, error)';

/** Marks a function with the Go type that `%T` and the check of its arguments see. */
export function typedFunction(type: string, call: HostFunction): HostFunction {
  return Object.assign(call, { [TYPE]: type });
}

/** The Go type of a function; one that was given none takes anything. */
export function functionType(call: HostFunction): string {
  return TYPE in call && typeof call[TYPE] === 'string' ? call[TYPE] : UNTYPED;
}
