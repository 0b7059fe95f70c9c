import { fetch, lengthOf, slice } from './access.ts';
import { negate } from './arithmetic.ts';
import type { ChainNode, MemberNode, Node, SliceNode } from './ast.ts';
import { asBool, asString } from './conversions.ts';
import { Emitter, Label } from './emitter.ts';
import { Fault } from './error.ts';
import { generateBuiltin } from './generate-builtin.ts';
import { generateCall } from './generate-call.ts';
import { generateBinary } from './generate-operators.ts';
import { type FunctionTable, fieldType } from './host.ts';
import type { Machine, Program } from './machine.ts';
import { methodOf, methodType } from './members.ts';
import { currentItem } from './scope.ts';
import { typeName } from './type-name.ts';
import { emptyMap, type Value } from './value.ts';

/** The program of a checked and optimized tree. */
export function generate(root: Node, source: string, functions: FunctionTable): Program {
  const generator = new Generator(functions);
  generator.node(root);
  return generator.emitter.program(source);
}

/** Turns nodes into steps. Every step gets the place at which expr-lang reports its failure. */
export class Generator {
  readonly emitter = new Emitter();
  readonly functions: FunctionTable;
  /** Ends of the `?.` groups around the current node. */
  readonly #chains: Label[] = [];
  /** The node around the current one. */
  readonly #path: Node[] = [];

  constructor(functions: FunctionTable) {
    this.functions = functions;
  }

  node(node: Node): void {
    this.#path.push(node);
    this.#generate(node);
    this.#path.pop();
  }

  #generate(node: Node): void {
    const { emitter } = this;
    switch (node.kind) {
      case 'nil':
        emitter.push(node, null);
        return;
      case 'integer':
      case 'float':
      case 'bool':
      case 'string':
      case 'bytes':
      case 'constant':
        emitter.push(node, node.value);
        return;
      case 'identifier':
        this.#identifier(node, node.name);
        return;
      case 'unary':
        this.node(node.operand);
        if (node.operator === '-') emitter.unary(node, negate);
        else if (node.operator !== '+') emitter.unary(node, (value) => !asBool(value));
        return;
      case 'binary':
        generateBinary(this, node);
        return;
      case 'chain':
        this.#chain(node);
        return;
      case 'member':
        this.#member(node);
        return;
      case 'slice':
        this.#slice(node);
        return;
      case 'call':
        generateCall(this, node);
        return;
      case 'builtin':
        generateBuiltin(this, node);
        return;
      case 'predicate':
        this.node(node.body);
        return;
      case 'pointer':
        this.#pointer(node, node.name);
        return;
      case 'let':
        this.node(node.value);
        emitter.withVariable(node, node.name, () => this.node(node.body));
        return;
      case 'sequence':
        for (const [i, part] of node.nodes.entries()) {
          this.node(part);
          if (i < node.nodes.length - 1) emitter.pop(node);
        }
        return;
      case 'conditional':
        this.#conditional(node, node.condition, node.yes, node.no);
        return;
      case 'array': {
        for (const element of node.nodes) this.node(element);
        this.collect(node, () => node.nodes.length);
        return;
      }
      case 'map':
        this.#map(node, node.pairs.length, node.pairs);
        return;
      case 'pair':
        this.node(node.key);
        this.node(node.value);
        return;
      case 'lookup':
        throw new TypeError('a lookup stands only right of in');
    }
  }

  /** Adds a step that makes an array of the topmost values. */
  collect(place: Node, size: (machine: Machine) => number): void {
    this.emitter.emit(place, (machine) => {
      const length = size(machine);
      machine.grow(length);
      machine.stack.push(machine.take(length));
    });
  }

  #identifier(node: Node, name: string): void {
    const { emitter } = this;
    const variable = emitter.variable(name);
    if (variable !== undefined) {
      emitter.emit(node, (machine) => {
        machine.stack.push(machine.variables[variable] ?? null);
      });
    } else if (name === '$env') {
      emitter.emit(node, (machine) => {
        machine.stack.push(machine.env);
      });
    } else {
      emitter.emit(node, (machine) => {
        machine.stack.push(fetch(machine.env, name));
      });
    }
  }

  #chain(node: ChainNode): void {
    const { emitter } = this;
    const end = new Label();
    this.#chains.push(end);
    this.node(node.body);
    emitter.place(end);
    this.#chains.pop();
    const parent = this.#path.at(-2);
    if (parent?.kind === 'binary' && parent.operator === '??') return;
    const done = new Label();
    emitter.jumpIfNotNil(node, done);
    emitter.pop(node);
    emitter.push(node, null);
    emitter.place(done);
  }

  #member(node: MemberNode): void {
    const { emitter } = this;
    const { object, property } = node;
    const type = object.nature?.type;
    const name = property.kind === 'string' ? property.value : undefined;
    if (type !== undefined && name !== undefined && methodType(type, name) !== undefined) {
      this.node(object);
      emitter.unary(node, (value) => boundMethod(value, name));
      return;
    }
    this.node(object);
    const guard = this.#chains.at(-1);
    if (node.optional && guard !== undefined) emitter.jumpIfNil(node, guard);
    if (type !== undefined && name !== undefined && fieldType(type, name) !== undefined) {
      emitter.unary(node, (value) => {
        if (value === null) throw new Fault('reflect: call of reflect.Value.Field on zero Value');
        return fetch(value, name);
      });
      return;
    }
    this.node(property);
    emitter.binary(node, fetch);
  }

  #slice(node: SliceNode): void {
    const { emitter } = this;
    this.node(node.object);
    if (node.end !== undefined) this.node(node.end);
    else {
      emitter.emit(node, (machine) => {
        machine.stack.push(lengthOf(machine.top()));
      });
    }
    if (node.start !== undefined) this.node(node.start);
    else emitter.push(node, 0n);
    emitter.emit(node, (machine) => {
      const from = machine.pop();
      const to = machine.pop();
      machine.stack.push(slice(machine.pop(), from, to));
    });
  }

  #pointer(node: Node, name: string): void {
    if (!['', 'index', 'acc'].includes(name)) throw new Fault(`unknown pointer ${name}`);
    this.emitter.emit(node, (machine) => {
      const scope = machine.scope();
      if (name === 'index') machine.stack.push(BigInt(scope.index));
      else machine.stack.push(name === 'acc' ? scope.accumulator : currentItem(scope));
    });
  }

  #conditional(node: Node, condition: Node, yes: Node, no: Node): void {
    const { emitter } = this;
    const skip = new Label();
    const end = new Label();
    this.node(condition);
    emitter.jumpIf(node, false, skip);
    emitter.pop(node);
    this.node(yes);
    emitter.jump(node, end);
    emitter.place(skip);
    emitter.pop(node);
    this.node(no);
    emitter.place(end);
  }

  #map(node: Node, size: number, pairs: readonly Node[]): void {
    for (const pair of pairs) this.node(pair);
    this.emitter.emit(node, (machine) => {
      machine.grow(size);
      const map = emptyMap();
      // From the last pair to the first: of equal keys the first wins.
      for (let i = 0; i < size; i++) {
        const value = machine.pop();
        map[asString(machine.pop())] = value;
      }
      machine.stack.push(map);
    });
  }
}

function boundMethod(value: Value, name: string): Value {
  const method = methodOf(value, name);
  if (method === undefined) throw new Fault(`cannot fetch ${name} from ${typeName(value)}`);
  return method;
}
