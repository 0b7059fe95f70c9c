import type { BuiltinNode, MemberNode, SliceNode } from './ast.ts';
import type { Checker } from './checker.ts';
import { fieldType } from './host.ts';
import { methodType } from './members.ts';
import {
  dereference,
  elementOf,
  isArrayNature,
  isAssignable,
  isInteger,
  isUnknown,
  keyOf,
  type Nature,
  natureOf,
  natureText,
  UNKNOWN,
} from './nature.ts';

/** `a.b` and `a[b]`. */
export function checkMember(checker: Checker, node: MemberNode): Nature {
  const { object, property } = node;
  if (object.kind === 'identifier' && object.name === '$env') return UNKNOWN;
  const base = checker.visit(object);
  const key = checker.visit(property);
  if (isUnknown(base)) return UNKNOWN;
  const name = property.kind === 'string' ? property.value : undefined;
  if (name !== undefined) {
    if (base.nil === true) checker.fail(node, `type nil has no field ${name}`);
    const method = base.type === undefined ? undefined : methodType(base.type, name);
    if (method !== undefined) return { type: method, method: true };
  }
  const target = dereference(base);
  if (target.type?.kind === 'map') {
    if (!isAssignable(key, keyOf(target)) && !isUnknown(key)) {
      checker.fail(
        property,
        `cannot use ${natureText(key)} to get an element from ${natureText(target)}`,
      );
    }
    return elementOf(target);
  }
  if (isArrayNature(target)) {
    if (!isInteger(dereference(key)) && !isUnknown(key)) {
      checker.fail(
        property,
        `array elements can only be selected using an integer (got ${natureText(dereference(key))})`,
      );
    }
    return elementOf(target);
  }
  if (name === undefined) {
    checker.fail(node, `type ${natureText(target)}[${natureText(key)}] is undefined`);
  }
  const field = target.type === undefined ? undefined : fieldType(target.type, name);
  if (field !== undefined) return natureOf(field);
  checker.fail(
    node,
    `type ${natureText(target)} has no ${node.method ? 'method' : 'field'} ${name}`,
  );
}

/** `a[b:c]`. */
export function checkSlice(checker: Checker, node: SliceNode): Nature {
  const nature = checker.visit(node.object);
  if (isUnknown(nature)) return UNKNOWN;
  if (!isArrayNature(nature) && nature.type?.kind !== 'string') {
    checker.fail(node, `cannot slice ${natureText(nature)}`);
  }
  for (const bound of [node.start, node.end]) {
    if (bound === undefined) continue;
    const index = dereference(checker.visit(bound));
    if (!isInteger(index) && !isUnknown(index)) {
      checker.fail(bound, `non-integer slice index ${natureText(index)}`);
    }
  }
  return nature;
}

/** `get(a, b)`. */
export function checkGet(checker: Checker, node: BuiltinNode): Nature {
  const [object, property] = node.args;
  if (object === undefined || property === undefined || node.args.length !== 2) {
    checker.fail(node, `invalid number of arguments (expected 2, got ${node.args.length})`);
  }
  const base = checker.visit(object);
  const key = dereference(checker.visit(property));
  if ((object.kind === 'identifier' && object.name === '$env') || isUnknown(base)) return UNKNOWN;
  if (isArrayNature(base)) {
    if (!isInteger(key) && !isUnknown(key)) {
      checker.fail(property, `non-integer slice index ${natureText(key)}`);
    }
    return elementOf(base);
  }
  if (base.type?.kind === 'map') {
    if (!isAssignable(key, keyOf(base)) && !isUnknown(key)) {
      checker.fail(
        property,
        `cannot use ${natureText(key)} to get an element from ${natureText(base)}`,
      );
    }
    return elementOf(base);
  }
  checker.fail(object, `type ${natureText(base)} does not support indexing`);
}
