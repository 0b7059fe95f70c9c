import { isIn, isInLookup } from './access.ts';
import { add, compare, divide, modulo, multiply, subtract } from './arithmetic.ts';
import type { BinaryNode, LookupNode } from './ast.ts';
import { asBool, asString, isNil, notA, toFloat, toInt } from './conversions.ts';
import { Label } from './emitter.ts';
import { equal } from './equality.ts';
import type { Generator } from './generate.ts';
import { power } from './go-float.ts';
import { byteIndex } from './go-string.ts';
import { compilePattern } from './pattern.ts';
import { arrayOf, type Value } from './value.ts';

/** Steps of a binary operator. */
export function generateBinary(generator: Generator, node: BinaryNode): void {
  const { emitter } = generator;
  const { operator, left, right } = node;
  switch (operator) {
    case 'and':
    case '&&':
    case 'or':
    case '||': {
      const end = new Label();
      generator.node(left);
      emitter.jumpIf(node, operator === 'or' || operator === '||', end);
      emitter.pop(node);
      generator.node(right);
      emitter.place(end);
      return;
    }
    case '??': {
      const end = new Label();
      generator.node(left);
      emitter.jumpIfNotNil(node, end);
      emitter.pop(node);
      generator.node(right);
      emitter.place(end);
      return;
    }
    case 'matches':
      generateMatches(generator, node);
      return;
    case 'in':
      if (right.kind === 'lookup') {
        generateLookup(generator, node, right);
        return;
      }
      break;
  }
  generator.node(left);
  generator.node(right);
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

function generateLookup(generator: Generator, node: BinaryNode, { of, values }: LookupNode): void {
  generator.node(node.left);
  generator.emitter.unary(node, (value) => isInLookup(value, of, values));
}

function generateMatches(generator: Generator, node: BinaryNode): void {
  const { emitter } = generator;
  generator.node(node.left);
  if (node.right.kind === 'string') {
    const pattern = compilePattern(node.right.value);
    emitter.unary(node, (value) => !isNil(value) && pattern.test(textOrBytes(value)));
    return;
  }
  generator.node(node.right);
  emitter.binary(node, (text, pattern) => {
    if (isNil(text) || isNil(pattern)) return false;
    const source = asString(pattern);
    const input = textOrBytes(text);
    return compilePattern(source).test(input);
  });
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
