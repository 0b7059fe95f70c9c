import { asBool, isNil } from './conversions.ts';
import type { Machine, Program, Step } from './machine.ts';
import type { Value } from './value.ts';

/** A place in a program that jumps go to; set once it is known. */
export class Label {
  at = -1;
}

/** Puts the steps of a program one after the other. */
export class Emitter {
  readonly #steps: Step[] = [];
  readonly #places: number[] = [];
  readonly #scopes: { readonly name: string; readonly index: number }[] = [];
  #variables = 0;

  /** Adds a step that stands at a place of the source. */
  emit(place: { readonly from: number }, step: Step): void {
    this.#steps.push(step);
    this.#places.push(place.from);
  }

  push(place: { readonly from: number }, value: Value): void {
    this.emit(place, (machine) => {
      machine.stack.push(value);
    });
  }

  /** Adds a step that replaces the top of the stack. */
  unary(place: { readonly from: number }, apply: (value: Value) => Value): void {
    this.emit(place, (machine) => {
      machine.stack.push(apply(machine.pop()));
    });
  }

  /** Adds a step that replaces the two topmost values, the left one below. */
  binary(place: { readonly from: number }, apply: (left: Value, right: Value) => Value): void {
    this.emit(place, (machine) => {
      const right = machine.pop();
      machine.stack.push(apply(machine.pop(), right));
    });
  }

  pop(place: { readonly from: number }): void {
    this.emit(place, (machine) => {
      machine.pop();
    });
  }

  jump(place: { readonly from: number }, label: Label): void {
    this.emit(place, (machine) => {
      machine.next = label.at;
    });
  }

  /** Jumps if the top of the stack, which must be a bool and stays, is the one wanted. */
  jumpIf(place: { readonly from: number }, wanted: boolean, label: Label): void {
    this.#jumpWhen(place, label, (machine) => asBool(machine.top()) === wanted);
  }

  jumpIfNil(place: { readonly from: number }, label: Label): void {
    this.#jumpWhen(place, label, (machine) => isNil(machine.top()));
  }

  jumpIfNotNil(place: { readonly from: number }, label: Label): void {
    this.#jumpWhen(place, label, (machine) => !isNil(machine.top()));
  }

  #jumpWhen(
    place: { readonly from: number },
    label: Label,
    condition: (machine: Machine) => boolean,
  ): void {
    this.emit(place, (machine) => {
      if (condition(machine)) machine.next = label.at;
    });
  }

  /** Says that the next step is where a label points. */
  place(label: Label): void {
    label.at = this.#steps.length;
  }

  /** Emits a body in which a name stands for the value that is on top of the stack before it. */
  withVariable(place: { readonly from: number }, name: string, body: () => void): void {
    const index = this.#variables++;
    this.emit(place, (machine) => {
      machine.variables[index] = machine.pop();
    });
    this.#scopes.push({ name, index });
    body();
    this.#scopes.pop();
  }

  /** The slot of a variable that is in sight. */
  variable(name: string): number | undefined {
    return this.#scopes.findLast((scope) => scope.name === name)?.index;
  }

  program(source: string): Program {
    return { source, steps: this.#steps, places: this.#places, variables: this.#variables };
  }
}
