import type { Node } from './ast.ts';
import { goQuote } from './characters.ts';
import { floatText } from './go-float.ts';

/** A tree as an S-expression: `(binary + (ident "a") (int 1))`. Equal trees give equal texts. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'nil':
      return '(nil)';
    case 'bool':
      return `(bool ${node.value})`;
    case 'integer':
      return `(int ${node.value})`;
    case 'float':
      return `(float ${floatText(node.value)})`;
    case 'string':
      return `(str ${quoted(node.value)})`;
    case 'bytes':
      return `(bytes ${JSON.stringify(Buffer.from(node.value).toString('base64'))})`;
    case 'constant':
      return `(constant ${goQuote(String(node.value))})`;
    case 'lookup':
      return `(lookup ${goQuote([...node.values].join())})`;
    case 'identifier':
      return `(ident ${JSON.stringify(node.name)})`;
    case 'unary':
      return group('unary', node.operator, node.operand);
    case 'binary':
      return group('binary', node.operator, node.left, node.right);
    case 'chain':
      return group('chain', node.body);
    case 'member':
      return group(
        `${node.method ? 'method' : 'member'}${node.optional ? '?' : ''}`,
        node.object,
        node.property,
      );
    case 'slice':
      return group('slice', node.object, node.start ?? '_', node.end ?? '_');
    case 'call':
      return group('call', node.callee, ...node.args);
    case 'builtin':
      return group('builtin', node.name, ...node.args);
    case 'predicate':
      return group('pred', node.body);
    case 'pointer':
      return `(pointer ${JSON.stringify(node.name)})`;
    case 'conditional':
      return group(node.ternary ? 'cond' : 'if', node.condition, node.yes, node.no);
    case 'let':
      return group('let', JSON.stringify(node.name), node.value, node.body);
    case 'sequence':
      return group('seq', ...node.nodes);
    case 'array':
      return group('array', ...node.nodes);
    case 'map':
      return group('map', ...node.pairs);
    case 'pair':
      return group('pair', node.key, node.value);
  }
}

function group(head: string, ...parts: (string | Node)[]): string {
  const texts = parts.map((part) => (typeof part === 'string' ? part : nodeText(part)));
  return `(${[head, ...texts].join(' ')})`;
}

/** As Go's JSON writes a string when it leaves HTML alone. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
