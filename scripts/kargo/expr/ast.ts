import type { Span } from './error.ts';
import type { Nature } from './nature.ts';
import type { Value } from './value.ts';

/**
 * The tree of an expression. `from` and `to` are code points of the source and mark what an error message points at
 * (the operator of a binary node, the name after the dot of a member), not the whole text of the node.
 * The checker writes `nature` and the optimizer replaces children, so one tree belongs to one compilation.
 */
interface Place extends Span {
  from: number;
  to: number;
  nature?: Nature;
}

export type NilNode = Place & { kind: 'nil' };
export type IdentifierNode = Place & { kind: 'identifier'; name: string };
export type IntegerNode = Place & { kind: 'integer'; value: bigint };
export type FloatNode = Place & { kind: 'float'; value: number };
export type BoolNode = Place & { kind: 'bool'; value: boolean };
export type StringNode = Place & { kind: 'string'; value: string };
export type BytesNode = Place & { kind: 'bytes'; value: Uint8Array };
/** Only the optimizer makes these. */
export type ConstantNode = Place & { kind: 'constant'; value: Value };
/** Only the optimizer makes these: a list of literals that `in` looks a value up in. */
export type LookupNode = Place & {
  kind: 'lookup';
  of: 'int' | 'string';
  values: ReadonlySet<bigint | string>;
};
export type UnaryNode = Place & { kind: 'unary'; operator: string; operand: Node };
export type BinaryNode = Place & { kind: 'binary'; operator: string; left: Node; right: Node };
/** Group around members that `?.` guards: a nil inside makes the whole group nil. */
export type ChainNode = Place & { kind: 'chain'; body: Node };
export type MemberNode = Place & {
  kind: 'member';
  object: Node;
  property: Node;
  optional: boolean;
  /** It is the callee of a call. */
  method: boolean;
};
export type SliceNode = Place & { kind: 'slice'; object: Node; start?: Node; end?: Node };
export type CallNode = Place & { kind: 'call'; callee: Node; args: Node[] };
export type BuiltinNode = Place & {
  kind: 'builtin';
  name: string;
  args: Node[];
  /** Set by the optimizer: not finding anything is an error instead of nil. */
  throws?: boolean;
  /** Set by the optimizer: what to make of each element that passes. */
  map?: Node;
  /** Set by the optimizer: how many matches are enough to stop counting. */
  threshold?: number;
};
export type PredicateNode = Place & { kind: 'predicate'; body: Node };
export type PointerNode = Place & { kind: 'pointer'; name: string };
export type ConditionalNode = Place & {
  kind: 'conditional';
  ternary: boolean;
  condition: Node;
  yes: Node;
  no: Node;
};
export type LetNode = Place & { kind: 'let'; name: string; value: Node; body: Node };
export type SequenceNode = Place & { kind: 'sequence'; nodes: Node[] };
export type ArrayNode = Place & { kind: 'array'; nodes: Node[] };
export type PairNode = Place & { kind: 'pair'; key: Node; value: Node };
export type MapNode = Place & { kind: 'map'; pairs: PairNode[] };

export type Node =
  | NilNode
  | IdentifierNode
  | IntegerNode
  | FloatNode
  | BoolNode
  | StringNode
  | BytesNode
  | ConstantNode
  | LookupNode
  | UnaryNode
  | BinaryNode
  | ChainNode
  | MemberNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | ConditionalNode
  | LetNode
  | SequenceNode
  | ArrayNode
  | PairNode
  | MapNode;

/** Replaces every child of a node by what `visit` gives for it, in the order of the source. */
export function replaceChildren(node: Node, visit: (child: Node) => Node): void {
  switch (node.kind) {
    case 'unary':
      node.operand = visit(node.operand);
      return;
    case 'binary':
      node.left = visit(node.left);
      node.right = visit(node.right);
      return;
    case 'chain':
    case 'predicate':
      node.body = visit(node.body);
      return;
    case 'member':
      node.object = visit(node.object);
      node.property = visit(node.property);
      return;
    case 'slice':
      node.object = visit(node.object);
      if (node.start !== undefined) node.start = visit(node.start);
      if (node.end !== undefined) node.end = visit(node.end);
      return;
    case 'call':
      node.callee = visit(node.callee);
      node.args = node.args.map(visit);
      return;
    case 'builtin':
      node.args = node.args.map(visit);
      return;
    case 'conditional':
      node.condition = visit(node.condition);
      node.yes = visit(node.yes);
      node.no = visit(node.no);
      return;
    case 'let':
      node.value = visit(node.value);
      node.body = visit(node.body);
      return;
    case 'sequence':
    case 'array':
      node.nodes = node.nodes.map(visit);
      return;
    case 'map':
      for (const pair of node.pairs) visit(pair);
      return;
    case 'pair':
      node.key = visit(node.key);
      node.value = visit(node.value);
      return;
  }
}

/** The children of a node in the order of the source. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  replaceChildren(node, (child) => {
    found.push(child);
    return child;
  });
  return found;
}
