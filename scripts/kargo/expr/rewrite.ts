import { children, type Node } from './ast.ts';

/** Gives what takes the place of a node, or undefined to leave it. */
export type Rewrite = (node: Node) => Node | undefined;

/** Whether a node or anything in it fulfils a condition. */
export function contains(node: Node, condition: (node: Node) => boolean): boolean {
  return condition(node) || children(node).some((child) => contains(child, condition));
}
