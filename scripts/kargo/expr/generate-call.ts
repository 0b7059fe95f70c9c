import type { CallNode } from './ast.ts';
import { notA } from './conversions.ts';
import { Duration } from './duration.ts';
import { Fault } from './error.ts';
import type { Generator } from './generate.ts';
import { type GoType, goType } from './go-type.ts';
import { UTC } from './location.ts';
import { functionType } from './method-value.ts';
import { Time } from './time.ts';
import { typeName } from './type-name.ts';
import type { Value } from './value.ts';

/** Types of functions that expr-lang calls without reflection if they are known beforehand. */
const DIRECT = new Set([
  'func(time.Duration) time.Duration',
  'func(time.Duration) time.Time',
  'func(time.Time) time.Duration',
  'func(time.Time) bool',
  'func(string) string',
]);

/** Steps of a call of a method, of a function of the host, or of a value that may not be callable at all. */
export function generateCall(generator: Generator, node: CallNode): void {
  const { emitter, functions } = generator;
  for (const arg of node.args) generator.node(arg);
  const count = node.args.length;
  const { callee } = node;
  const host =
    callee.kind === 'identifier' && Object.hasOwn(functions, callee.name)
      ? functions[callee.name]
      : undefined;
  if (host !== undefined) {
    emitter.emit(node, (machine) => {
      const args = machine.take(count);
      machine.stack.push(host.call(...args) ?? null);
    });
    return;
  }
  generator.node(callee);
  const known = callee.nature?.type?.kind === 'func' && callee.nature.method === true;
  emitter.emit(node, (machine) => {
    const value = machine.pop();
    if (value === null) throw new Fault('invalid operation: cannot call nil');
    if (typeof value !== 'function') {
      throw new Fault(`invalid operation: cannot call non-function of type ${typeName(value)}`);
    }
    const type = goType(functionType(value));
    checkCount(type, count);
    const args = machine.take(count);
    const direct = known && DIRECT.has(type.text);
    machine.stack.push(value(...args.map((arg, i) => argument(arg, type, i, direct))) ?? null);
  });
}

function checkCount(type: GoType, count: number): void {
  const parameters = type.parameters ?? [];
  if (type.variadic === true) {
    if (count < parameters.length - 1) {
      throw new Fault(
        `invalid number of arguments: expected at least ${parameters.length - 1}, got ${count}`,
      );
    }
  } else if (count !== parameters.length) {
    throw new Fault(`invalid number of arguments: expected ${parameters.length}, got ${count}`);
  }
}

/** An argument as the function gets it: nil becomes the zero value, another type is a Fault. */
function argument(value: Value, type: GoType, index: number, direct: boolean): Value {
  const parameters = type.parameters ?? [];
  const rest = type.variadic === true && index >= parameters.length - 1;
  const wanted = rest ? parameters.at(-1)?.element : parameters[index];
  if (wanted === undefined || wanted.kind === 'interface') return value;
  if (direct && typeName(value) !== wanted.text) throw notA(wanted.text, value);
  if (value === null) return zero(wanted);
  if (typeName(value) !== wanted.text) {
    throw new Fault(`reflect: Call using ${typeName(value)} as type ${wanted.text}`);
  }
  return value;
}

function zero(type: GoType): Value {
  switch (type.text) {
    case 'int':
      return 0n;
    case 'float64':
      return 0;
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'time.Duration':
      return new Duration(0n);
    case 'time.Time':
      return new Time(-62_135_596_800, 0, UTC);
    case '*time.Location':
      throw new Fault('time: missing Location in call to Time.In');
    case '[]uint8':
      return new Uint8Array();
    default:
      return null;
  }
}
