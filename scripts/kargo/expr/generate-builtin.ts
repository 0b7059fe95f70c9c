import type { BuiltinNode } from './ast.ts';
import { arityComplaint, TAKES_TOP } from './builtin-arity.ts';
import { BUILTINS } from './builtins.ts';
import { Fault } from './error.ts';
import type { Generator } from './generate.ts';
import { Loop } from './generate-loop.ts';

const LOOPS: Readonly<Record<string, (loop: Loop) => void>> = {
  all: (loop) => loop.decide({ stopOn: false }),
  none: (loop) => loop.decide({ stopOn: false, negate: true }),
  any: (loop) => loop.decide({ stopOn: true }),
  one: (loop) => loop.count(),
  count: (loop) => loop.count(),
  filter: (loop) => loop.filter(),
  map: (loop) => loop.map(),
  sum: (loop) => loop.sum(),
  find: (loop) => loop.find('forwards'),
  findIndex: (loop) => loop.find('forwards'),
  findLast: (loop) => loop.find('backwards'),
  findLastIndex: (loop) => loop.find('backwards'),
  groupBy: (loop) => loop.group(),
  sortBy: (loop) => loop.sort(),
  reduce: (loop) => loop.reduce(),
};

/** Steps of a call of a builtin. */
export function generateBuiltin(generator: Generator, node: BuiltinNode): void {
  const loop = LOOPS[node.name];
  if (loop === undefined) plain(generator, node);
  else loop(new Loop(generator, node));
}

function plain(generator: Generator, node: BuiltinNode): void {
  for (const arg of node.args) generator.node(arg);
  const builtin = BUILTINS[node.name];
  if (builtin === undefined) throw new TypeError(`unknown builtin ${node.name}`);
  const complaint = arityComplaint(node.name, node.args.length);
  const count = TAKES_TOP.has(node.name) ? 1 : node.args.length;
  generator.emitter.emit(node, (machine) => {
    if (complaint !== undefined) throw new Fault(complaint);
    const args = machine.take(count);
    const result = builtin.call(args);
    if (builtin.size !== undefined) machine.grow(builtin.size(result));
    machine.stack.push(result);
  });
}
