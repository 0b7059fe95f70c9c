import type { Node } from './ast.ts';
import type { Checker } from './checker.ts';
import type { ExprError } from './error.ts';
import { FLOAT, type GoType } from './go-type.ts';
import {
  dereference,
  isAssignable,
  isFloat,
  isInteger,
  isUnknown,
  type Nature,
  natureOf,
  natureText,
  UNKNOWN,
} from './nature.ts';

export interface ArgumentCheck {
  readonly result: Nature;
  /** Set where the arguments do not fit; another overload may. */
  readonly error?: ExprError;
}

/** Checks a call against one function type. Faults inside the arguments are thrown. */
export function checkArguments(
  checker: Checker,
  name: string,
  callee: Nature,
  node: Node,
  args: Node[],
): ArgumentCheck {
  const { type } = callee;
  if (type === undefined || isUnknown(callee)) return { result: UNKNOWN };
  const results = type.results ?? [];
  const [first] = results;
  if (first === undefined) return refuse(checker, node, `func ${name} doesn't return value`);
  if (results.length > 2) return refuse(checker, node, `func ${name} returns more then two values`);
  // A method has its receiver as first parameter.
  const parameters = (type.parameters ?? []).slice(callee.method === true ? 1 : 0);
  const required = type.variadic === true ? parameters.length - 1 : parameters.length;
  const tooMany = type.variadic !== true && args.length > parameters.length;
  if (tooMany || args.length < required) {
    for (const arg of args) checker.visit(arg);
    return refuse(
      checker,
      node,
      `${tooMany ? 'too many' : 'not enough'} arguments to call ${name}`,
    );
  }
  for (const [i, arg] of args.entries()) {
    const nature = checker.visit(arg);
    const parameter = parameterAt(parameters, type.variadic === true, i);
    if (parameter === undefined) continue;
    const complaint = misfit(nature, parameter, name);
    if (complaint !== undefined) return refuse(checker, arg, complaint);
    if (parameter === FLOAT && isInteger(nature)) args[i] = withFloats(arg);
  }
  return { result: natureOf(first) };
}

function misfit(nature: Nature, parameter: GoType, name: string): string | undefined {
  const wanted = natureOf(parameter);
  if ((isFloat(wanted) || isInteger(wanted)) && isInteger(nature)) return undefined;
  if (nature.nil === true) {
    if (parameter.kind === 'ptr' || parameter.kind === 'interface') return undefined;
    return `cannot use nil as argument (type ${parameter.text}) to call ${name}`;
  }
  if (isUnknown(nature) || isAssignable(nature, wanted)) return undefined;
  if (isAssignable(dereference(nature), wanted)) return undefined;
  // The space at the end is Go's.
  return `cannot use ${natureText(nature)} as argument (type ${parameter.text}) to call ${name} `;
}

function parameterAt(
  parameters: readonly GoType[],
  variadic: boolean,
  index: number,
): GoType | undefined {
  if (variadic && index >= parameters.length - 1) return parameters.at(-1)?.element;
  return parameters[index];
}

/** Integer literals become floats where a float is wanted. */
function withFloats(node: Node): Node {
  if (node.kind === 'integer') {
    const { from, to } = node;
    return { kind: 'float', value: Number(node.value), from, to, nature: natureOf(FLOAT) };
  }
  if (node.kind === 'unary') node.operand = withFloats(node.operand);
  if (node.kind === 'binary' && ['+', '-', '*'].includes(node.operator)) {
    node.left = withFloats(node.left);
    node.right = withFloats(node.right);
  }
  return node;
}

function refuse(checker: Checker, node: Node, message: string): ArgumentCheck {
  return { result: UNKNOWN, error: checker.errorAt(node, message) };
}
