import { AnyMap } from './any-map.ts';
import { add } from './arithmetic.ts';
import type { BuiltinNode, Node } from './ast.ts';
import { asBool } from './conversions.ts';
import { Label } from './emitter.ts';
import { Fault } from './error.ts';
import type { Generator } from './generate.ts';
import type { Machine } from './machine.ts';
import { currentItem, openScope } from './scope.ts';
import { type SortBy, sortByKeys, sortOrder } from './sorting.ts';

/** The builtins that run a predicate for the elements of their first argument. */
export class Loop {
  readonly #generator: Generator;
  readonly #node: BuiltinNode;

  constructor(generator: Generator, node: BuiltinNode) {
    this.#generator = generator;
    this.#node = node;
  }

  /** Runs until the predicate gives an answer that settles it. */
  decide({ stopOn, negate = false }: { stopOn: boolean; negate?: boolean }): void {
    const { emitter } = this.#generator;
    const settled = new Label();
    this.#begin();
    this.#forwards(() => {
      this.#body();
      if (negate) emitter.unary(this.#node, (value) => !asBool(value));
      emitter.jumpIf(this.#node, stopOn, settled);
      emitter.pop(this.#node);
    });
    emitter.push(this.#node, !stopOn);
    emitter.place(settled);
    this.#end();
  }

  count(): void {
    const { emitter } = this.#generator;
    const node = this.#node;
    const enough = new Label();
    this.#begin();
    this.#forwards(() => {
      this.#body();
      this.#whenTrue(() => {
        emitter.emit(node, (machine) => {
          const scope = machine.scope();
          scope.count++;
          if (node.threshold !== undefined && scope.count >= node.threshold)
            machine.next = enough.at;
        });
      });
    });
    emitter.place(enough);
    emitter.emit(node, (machine) => {
      const { count } = machine.scope();
      machine.stack.push(node.name === 'one' ? count === 1 : BigInt(count));
    });
    this.#end();
  }

  filter(): void {
    const { emitter } = this.#generator;
    const node = this.#node;
    this.#begin();
    this.#forwards(() => {
      this.#body();
      this.#whenTrue(() => {
        emitter.emit(node, (machine) => {
          machine.scope().count++;
        });
        this.#found();
      });
    });
    this.#generator.collect(node, (machine) => machine.scopes.pop()?.count ?? 0);
  }

  map(): void {
    this.#begin();
    this.#forwards(() => this.#body());
    this.#generator.collect(this.#node, (machine) => machine.scopes.pop()?.items.length ?? 0);
  }

  sum(): void {
    const { emitter } = this.#generator;
    this.#begin();
    emitter.emit(this.#node, (machine) => {
      machine.scope().accumulator = 0n;
    });
    this.#forwards(() => {
      this.#body();
      emitter.emit(this.#node, (machine) => {
        const scope = machine.scope();
        scope.accumulator = add(machine.pop(), scope.accumulator);
      });
    });
    this.#accumulator();
    this.#end();
  }

  find(direction: 'forwards' | 'backwards'): void {
    const { emitter } = this.#generator;
    const node = this.#node;
    const found = new Label();
    const round = () => {
      const next = new Label();
      this.#body();
      emitter.jumpIf(node, false, next);
      emitter.pop(node);
      if (node.name.endsWith('Index')) {
        emitter.emit(node, (machine) => {
          machine.stack.push(BigInt(machine.scope().index));
        });
      } else {
        this.#found();
      }
      emitter.jump(node, found);
      emitter.place(next);
      emitter.pop(node);
    };
    this.#begin();
    if (direction === 'forwards') this.#forwards(round);
    else this.#backwards(round);
    emitter.emit(node, (machine) => {
      if (node.throws === true) throw new Fault('reflect: slice index out of range');
      machine.stack.push(null);
    });
    emitter.place(found);
    this.#end();
  }

  group(): void {
    const { emitter } = this.#generator;
    const groups = '[]interface {}';
    this.#begin();
    emitter.emit(this.#node, (machine) => {
      machine.scope().groups = new AnyMap(groups);
    });
    this.#forwards(() => {
      this.#body();
      emitter.emit(this.#node, (machine) => {
        const scope = machine.scope();
        scope.groups?.append(machine.pop(), currentItem(scope));
      });
    });
    emitter.emit(this.#node, (machine) => {
      machine.stack.push(machine.scope().groups ?? null);
    });
    this.#end();
  }

  sort(): void {
    const { emitter } = this.#generator;
    const [, , order] = this.#node.args;
    this.#begin();
    if (order === undefined) emitter.push(this.#node, 'asc');
    else this.#generator.node(order);
    emitter.emit(this.#node, (machine) => {
      const descending = sortOrder(machine.pop());
      const sorting: SortBy = { descending, items: [], keys: [] };
      machine.scope().sorting = sorting;
    });
    this.#forwards(() => {
      this.#body();
      emitter.emit(this.#node, (machine) => {
        const scope = machine.scope();
        scope.sorting?.keys.push(machine.pop());
        scope.sorting?.items.push(currentItem(scope));
      });
    });
    emitter.emit(this.#node, (machine) => {
      const { sorting, items } = machine.scope();
      const sorted = sorting === undefined ? [] : sortByKeys(sorting);
      machine.grow(items.length);
      machine.stack.push(sorted);
    });
    this.#end();
  }

  reduce(): void {
    const { emitter } = this.#generator;
    const [, , initial] = this.#node.args;
    this.#begin();
    if (initial !== undefined) {
      this.#generator.node(initial);
      this.#accumulate();
    } else {
      emitter.emit(this.#node, (machine) => {
        const scope = machine.scope();
        if (scope.items.length === 0) {
          throw new Fault('reduce of empty array with no initial value');
        }
        scope.accumulator = currentItem(scope);
        scope.index++;
      });
    }
    this.#forwards(() => {
      this.#body();
      this.#accumulate();
    });
    this.#accumulator();
    this.#end();
  }

  #begin(): void {
    const [source] = this.#node.args;
    if (source === undefined) throw new TypeError(`${this.#node.name} without arguments`);
    this.#generator.node(source);
    this.#generator.emitter.emit(this.#node, (machine) => {
      machine.scopes.push(openScope(machine.pop()));
    });
  }

  #end(): void {
    this.#generator.emitter.emit(this.#node, (machine) => {
      machine.scopes.pop();
    });
  }

  /** The predicate, or the element itself where there is none. */
  #body(): void {
    const [, predicate] = this.#node.args;
    if (predicate !== undefined) this.#generator.node(predicate);
    else this.#element(this.#node);
  }

  /** What is made of an element that was looked for. */
  #found(): void {
    if (this.#node.map !== undefined) this.#generator.node(this.#node.map);
    else this.#element(this.#node);
  }

  #element(place: Node): void {
    this.#generator.emitter.emit(place, (machine) => {
      machine.stack.push(currentItem(machine.scope()));
    });
  }

  #accumulate(): void {
    this.#generator.emitter.emit(this.#node, (machine) => {
      machine.scope().accumulator = machine.pop();
    });
  }

  #accumulator(): void {
    this.#generator.emitter.emit(this.#node, (machine) => {
      machine.stack.push(machine.scope().accumulator);
    });
  }

  #whenTrue(body: () => void): void {
    const { emitter } = this.#generator;
    const otherwise = new Label();
    const end = new Label();
    emitter.jumpIf(this.#node, false, otherwise);
    emitter.pop(this.#node);
    body();
    emitter.jump(this.#node, end);
    emitter.place(otherwise);
    emitter.pop(this.#node);
    emitter.place(end);
  }

  #forwards(round: () => void): void {
    this.#rounds(
      round,
      (machine) => {
        const { index, items } = machine.scope();
        return index < items.length;
      },
      1,
    );
  }

  /** Each round leaves the answer of its own end test on the stack, as expr-lang's does. */
  #backwards(round: () => void): void {
    this.#generator.emitter.emit(this.#node, (machine) => {
      const scope = machine.scope();
      scope.index = scope.items.length - 1;
    });
    this.#rounds(
      round,
      (machine) => {
        const more = machine.scope().index >= 0;
        machine.stack.push(more);
        return more;
      },
      -1,
    );
  }

  #rounds(round: () => void, more: (machine: Machine) => boolean, step: number): void {
    const { emitter } = this.#generator;
    const start = new Label();
    const end = new Label();
    emitter.place(start);
    emitter.emit(this.#node, (machine) => {
      if (!more(machine)) machine.next = end.at;
    });
    round();
    emitter.emit(this.#node, (machine) => {
      machine.loop();
      machine.scope().index += step;
      machine.next = start.at;
    });
    emitter.place(end);
  }
}
