import { fetch, isIn, isInLookup, lengthOf, slice } from './access.ts';
import { add, compare, divide, modulo, multiply, negate, subtract } from './arithmetic.ts';
import type { BinaryNode, ChainNode, LookupNode, MemberNode, Node, SliceNode } from './ast.ts';
import { asBool, asString, isNil, notA, toFloat, toInt } from './conversions.ts';
import { Emitter, Label } from './emitter.ts';
import { equal } from './equality.ts';
import { Fault } from './error.ts';
import { generateBuiltin } from './generate-builtin.ts';
import { generateCall } from './generate-call.ts';
import { power } from './go-float.ts';
import { byteIndex } from './go-string.ts';
import { type FunctionTable, fieldType } from './host.ts';
import type { Machine, Program } from './machine.ts';
import { methodOf, methodType } from './members.ts';
import { compilePattern } from './pattern.ts';
import { currentItem } from './scope.ts';
import { typeName } from './type-name.ts';
import { arrayOf, emptyMap, type Value } from './value.ts';

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
        return emitter.push(node, null);
      case 'integer':
      case 'float':
      case 'bool':
      case 'string':
      case 'bytes':
      case 'constant':
        return emitter.push(node, node.value);
      case 'identifier':
        return this.#identifier(node, node.name);
      case 'unary':
        this.node(node.operand);
        if (node.operator === '-') emitter.unary(node, negate);
        else if (node.operator !== '+') emitter.unary(node, (value) => !asBool(value));
        return;
      case 'binary':
        return this.#binary(node);
      case 'chain':
        return this.#chain(node);
      case 'member':
        return this.#member(node);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return generateCall(this, node);
      case 'builtin':
        return generateBuiltin(this, node);
      case 'predicate':
        return this.node(node.body);
      case 'pointer':
        return this.#pointer(node, node.name);
      case 'let':
        this.node(node.value);
        return emitter.withVariable(node, node.name, () => this.node(node.body));
      case 'sequence':
        for (const [i, part] of node.nodes.entries()) {
          this.node(part);
          if (i < node.nodes.length - 1) emitter.pop(node);
        }
        return;
      case 'conditional':
        return this.#conditional(node, node.condition, node.then, node.otherwise);
      case 'array': {
        for (const element of node.nodes) this.node(element);
        return this.collect(node, () => node.nodes.length);
      }
      case 'map':
        return this.#map(node, node.pairs.length, node.pairs);
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
      const start = machine.stack.length - length;
      if (start < 0) throw new Fault('stack underflow');
      machine.stack.push(machine.stack.splice(start, length));
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

  #binary(node: BinaryNode): void {
    const { emitter } = this;
    const { operator, left, right } = node;
    switch (operator) {
      case 'and':
      case '&&':
      case 'or':
      case '||': {
        const end = new Label();
        this.node(left);
        emitter.jumpIf(node, operator === 'or' || operator === '||', end);
        emitter.pop(node);
        this.node(right);
        return emitter.place(end);
      }
      case '??': {
        const end = new Label();
        this.node(left);
        emitter.jumpIfNotNil(node, end);
        emitter.pop(node);
        this.node(right);
        return emitter.place(end);
      }
      case 'matches':
        return this.#matches(node);
      case 'in':
        if (right.kind === 'lookup') return this.#lookup(node, right);
        break;
    }
    this.node(left);
    this.node(right);
    if (operator === '..') {
      emitter.emit(node, (machine) => {
        const last = machine.pop();
        const first = toInt(machine.pop());
        const size = BigInt.asIntN(64, toInt(last) - first + 1n);
        const length = size > 0n ? Number(size) : 0;
        machine.grow(length);
        const range = Array.from({ length }, (_, i) => first + BigInt(i));
        machine.stack.push(arrayOf('[]int', range));
      });
      return;
    }
    emitter.binary(node, operation(node));
    if (operator === '!=') emitter.unary(node, (value) => !asBool(value));
  }

  #lookup(node: BinaryNode, { of, values }: LookupNode): void {
    this.node(node.left);
    this.emitter.unary(node, (value) => isInLookup(value, of, values));
  }

  #matches(node: BinaryNode): void {
    const { emitter } = this;
    this.node(node.left);
    if (node.right.kind === 'string') {
      const pattern = compilePattern(node.right.value);
      emitter.unary(node, (value) => !isNil(value) && pattern.test(textOrBytes(value)));
      return;
    }
    this.node(node.right);
    emitter.binary(node, (text, pattern) => {
      if (isNil(text) || isNil(pattern)) return false;
      const source = asString(pattern);
      const input = textOrBytes(text);
      return compilePattern(source).test(input);
    });
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
      return emitter.unary(node, (value) => boundMethod(value, name));
    }
    this.node(object);
    const guard = this.#chains.at(-1);
    if (node.optional && guard !== undefined) emitter.jumpIfNil(node, guard);
    if (type !== undefined && name !== undefined && fieldType(type, name) !== undefined) {
      return emitter.unary(node, (value) => {
        if (value === null) throw new Fault('reflect: call of reflect.Value.Field on zero Value');
        return fetch(value, name);
      });
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
    this.emitter.emit(node, (machine) => {
      const scope = machine.scope();
      if (name === 'index') machine.stack.push(BigInt(scope.index));
      else machine.stack.push(name === 'acc' ? scope.accumulator : currentItem(scope));
    });
  }

  #conditional(node: Node, condition: Node, then: Node, otherwise: Node): void {
    const { emitter } = this;
    const no = new Label();
    const end = new Label();
    this.node(condition);
    emitter.jumpIf(node, false, no);
    emitter.pop(node);
    this.node(then);
    emitter.jump(node, end);
    emitter.place(no);
    emitter.pop(node);
    this.node(otherwise);
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

function operation(node: BinaryNode): (left: Value, right: Value) => Value {
  switch (node.operator) {
    case '==':
    case '!=':
      return equality(node);
    case '<':
    case '>':
    case '<=':
    case '>=': {
      const { operator } = node;
      return (a, b) => compare(operator, a, b);
    }
    case '+':
      return add;
    case '-':
      return subtract;
    case '*':
      return multiply;
    case '/':
      return divide;
    case '%':
      return modulo;
    case '**':
    case '^':
      return (a, b) => power(toFloat(a), toFloat(b));
    case 'in':
      return isIn;
    case 'contains':
      return textual((a, b) => a.includes(b) || bytesContain(a, b));
    case 'startsWith':
      return textual((a, b) => a.startsWith(b));
    case 'endsWith':
      return textual((a, b) => a.endsWith(b));
    default:
      throw new TypeError(`unknown operator (${node.operator})`);
  }
}

/** Where both sides were known to be ints or strings beforehand, nothing else is accepted at run time. */
function equality({ left, right }: BinaryNode): (left: Value, right: Value) => Value {
  const type = left.nature?.type;
  if (
    type !== undefined &&
    type === right.nature?.type &&
    (type.text === 'int' || type.text === 'string')
  ) {
    const js = type.text === 'int' ? 'bigint' : 'string';
    return (a, b) => {
      if (typeof a !== js) throw notA(type.text, a);
      if (typeof b !== js) throw notA(type.text, b);
      return a === b;
    };
  }
  return equal;
}

function textual(test: (a: string, b: string) => boolean): (a: Value, b: Value) => Value {
  return (a, b) => {
    if (isNil(a) || isNil(b)) return false;
    return test(asString(a), asString(b));
  };
}

/** A stray byte may be part of a character of the other string. */
function bytesContain(a: string, b: string): boolean {
  return !b.isWellFormed() && byteIndex(a, b, false) >= 0;
}

function textOrBytes(value: Value): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  throw notA('[]uint8', value);
}

function boundMethod(value: Value, name: string): Value {
  const method = methodOf(value, name);
  if (method === undefined) throw new Fault(`cannot fetch ${name} from ${typeName(value)}`);
  return method;
}
