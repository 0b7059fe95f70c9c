import { messageOf } from '../../../runtime/thrown.ts';
import { ExprError, Fault } from './error.ts';
import { MAX_STEPS, MEMORY_BUDGET } from './limits.ts';
import type { Scope } from './scope.ts';
import type { Value } from './value.ts';

/** One instruction: it works on the stack of the machine and may move its `next`. */
export type Step = (machine: Machine) => void;

/** A compiled expression. It holds no state of a run and can be run at any time, even by a function it calls. */
export interface Program {
  readonly source: string;
  readonly steps: readonly Step[];
  /** Where each step stands in the source, in code points. */
  readonly places: readonly number[];
  readonly variables: number;
}

/**
 * What one run needs. Steps push and pop values exactly as the virtual machine of expr-lang does, which is visible
 * in two ways: errors point at the step that failed, and a guarded method call on nil leaves its arguments behind.
 */
export class Machine {
  readonly stack: Value[] = [];
  readonly variables: Value[];
  readonly env: Value;
  readonly scopes: Scope[] = [];
  next = 0;
  #memory = 0;
  #loops = 0;

  constructor(env: Value, variables: number) {
    this.env = env;
    this.variables = new Array<Value>(variables).fill(null);
  }

  pop(): Value {
    const value = this.stack.pop();
    if (value === undefined) throw new Fault('stack underflow');
    return value;
  }

  top(): Value {
    const value = this.stack[this.stack.length - 1];
    if (value === undefined) throw new Fault('stack underflow');
    return value;
  }

  /** Takes the topmost values, the first pushed first. */
  take(count: number): Value[] {
    const start = this.stack.length - count;
    if (start < 0) throw new Fault('stack underflow');
    return count === 0 ? [] : this.stack.splice(start, count);
  }

  scope(): Scope {
    const scope = this.scopes[this.scopes.length - 1];
    if (scope === undefined) throw new Fault('no scope');
    return scope;
  }

  /** Counts what is made against the memory budget. */
  grow(size: number): void {
    this.#memory += size;
    if (this.#memory >= MEMORY_BUDGET) throw new Fault('memory budget exceeded');
  }

  /** Counts a round of a loop against the budget of time. */
  loop(): void {
    this.#loops++;
    if (this.#loops > MAX_STEPS) {
      throw new Fault(`time budget exceeded: more than ${MAX_STEPS} rounds of loops`);
    }
  }
}

/** Runs a program. Whatever a step throws becomes an ExprError of stage `run` at its place. */
export function execute(program: Program, env: Value): Value {
  const machine = new Machine(env, program.variables);
  const { steps } = program;
  const { length } = steps;
  try {
    while (machine.next < length) {
      const step = steps[machine.next++];
      step?.(machine);
    }
  } catch (error) {
    const place = program.places[machine.next - 1] ?? 0;
    const reason = messageOf(error);
    throw new ExprError('run', reason, program.source, place, { cause: error });
  }
  return machine.stack.pop() ?? null;
}
