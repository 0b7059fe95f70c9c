import type { Node } from './ast.ts';
import type { Span } from './error.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What a node looks like before it has a place; distributes over the kinds. */
type Unplaced<T> = T extends Node ? Omit<T, 'from' | 'to' | 'nature'> : never;

/** Makes nodes and counts them against the limit. */
export class NodeMaker {
  readonly #cursor: TokenCursor;

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor;
  }

  make(node: Unplaced<Node>, place: Span): Node {
    this.#cursor.countNode();
    return { ...node, from: place.from, to: place.to };
  }
}

/** Stands where an error left nothing. */
export function nothing(): Node {
  return { kind: 'nil', from: 0, to: 0 };
}
