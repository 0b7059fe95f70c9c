import { blockEnd, type Gap, type PlacedComment, placeComments } from './comment.ts';
import type { YamlDocument, YamlNode } from './node.ts';
import type { DocumentTokens, Token } from './token.ts';

/** Where a node stands in the text. */
export interface Place {
  readonly start: number;
  /** Offsets of a mapping's colons or a sequence's dashes. */
  readonly marks: readonly number[];
  /** Offset of the bracket that ends a flow collection. */
  readonly close: number;
}

export type Places = Map<YamlNode, Place>;

/** Gives the comments of a text to its nodes, as go-yaml does while it parses. */
export function attachComments(
  document: YamlDocument,
  tokens: DocumentTokens,
  places: Places,
): void {
  new Attachment(tokens, places).run(document);
}

interface Block {
  readonly start: number;
  readonly column: number;
  /** Offset after its last token. */
  readonly end: number;
}

class Attachment {
  readonly #places: Places;
  readonly #content: readonly Token[];
  readonly #textEnd: DocumentTokens['end'];
  readonly #gaps: ReadonlyMap<
    number,
    { readonly gap: Gap; readonly placed: readonly PlacedComment[] }
  >;
  /** Comments that are still to be given, in the order of the text. */
  readonly #queue: PlacedComment[];
  readonly #ends = new Map<number, number>();
  #head = '';
  #line = '';
  #foot = '';

  constructor({ tokens, end }: DocumentTokens, places: Places) {
    this.#places = places;
    this.#textEnd = end;
    this.#content = tokens.filter(({ type }) => type !== 'comment');
    const { gaps, lines } = this.#survey(tokens);
    this.#gaps = gaps;
    this.#queue = [...[...gaps.values()].flatMap(({ placed }) => placed), ...lines].sort(
      (a, b) => a.start - b.start,
    );
  }

  run(document: YamlDocument): void {
    const { root } = document;
    if (root !== undefined) {
      this.#pull(this.#content[0]?.offset ?? 0);
      if (this.#content[0]?.type !== 'doc-start') this.#splitHead(document);
      this.#visit(root);
    }
    this.#pull(Number.POSITIVE_INFINITY);
    document.foot = this.#foot === '' ? this.#head : this.#foot;
  }

  #visit(node: YamlNode): void {
    const place = this.#places.get(node);
    // A value that is not there takes no comments.
    if (place === undefined) return;
    node.row = (this.#content.find(({ offset }) => offset === place.start)?.line ?? -1) + 1;
    if (node.kind === 'scalar' || node.kind === 'alias') {
      this.#pull(place.start);
      this.#take(node, 'all');
    } else if (node.style === 'flow') this.#visitFlow(node, place);
    else if (node.kind === 'mapping') this.#visitMapping(node, place);
    else this.#visitSequence(node, place);
  }

  #visitFlow(node: YamlNode, place: Place): void {
    this.#pull(place.start);
    this.#take(node, 'all');
    for (const [index, child] of node.content.entries()) {
      this.#visit(child);
      const key = node.content[index - 1];
      if (node.kind === 'mapping' && index % 2 === 1 && key !== undefined) liftFoot(child, key);
    }
    if (place.close === place.start) return;
    this.#pull(place.close);
    this.#take(node, 'end');
  }

  #visitMapping(node: YamlNode, place: Place): void {
    let previous: YamlNode | undefined;
    for (let index = 0; index < node.content.length; index += 2) {
      const [key, value] = [node.content[index], node.content[index + 1]];
      if (key === undefined || value === undefined) break;
      this.#visit(key);
      if (key.foot !== '' && previous !== undefined) {
        previous.foot = key.foot;
        key.foot = '';
      }
      this.#pull(place.marks[index / 2] ?? place.start);
      this.#visit(value);
      liftFoot(value, key);
      previous = key;
    }
    this.#pull(this.#endOf(node), 'end of block');
    this.#take(node, 'end');
    if (node.foot !== '' && previous !== undefined) {
      previous.foot = node.foot;
      node.foot = '';
    }
  }

  #visitSequence(node: YamlNode, place: Place): void {
    for (const [index, item] of node.content.entries()) {
      this.#pull(place.marks[index] ?? place.start);
      const above = this.#head.length;
      const inner = this.#places.get(item);
      if (inner !== undefined && item.style === 'block' && above > 0) {
        this.#pull(inner.start);
        item.head = this.#head.slice(0, above);
        this.#head = this.#head.slice(above + 1);
      }
      this.#visit(item);
    }
    if (!this.#isIndentless(node)) this.#pull(this.#endOf(node), 'end of block');
  }

  #pull(offset: number, at: 'content' | 'end of block' = 'content'): void {
    for (
      let next = this.#queue[0];
      next !== undefined && next.due <= offset;
      next = this.#queue[0]
    ) {
      // What ends has no head: it waits for what follows.
      if (next.role === 'head' && at === 'end of block') return;
      if (next.role === 'head') this.#head = joined(this.#head, next.text);
      if (next.role === 'line') this.#line = joined(this.#line, next.text);
      if (next.role === 'foot') this.#foot = joined(this.#foot, next.text);
      this.#queue.shift();
    }
  }

  #take(node: YamlNode, what: 'all' | 'end'): void {
    if (what === 'all') node.head = this.#head;
    node.line = this.#line;
    node.foot = this.#foot;
    this.#head = '';
    this.#line = '';
    this.#foot = '';
  }

  /** A first comment with a blank line after it belongs to the whole document. */
  #splitHead(document: YamlDocument): void {
    const head = this.#head;
    const blank = head.lastIndexOf('\n\n');
    if (head.endsWith('\n')) {
      document.head = head.slice(0, -1);
      this.#head = '';
    } else if (blank >= 0) {
      document.head = head.slice(0, blank);
      this.#head = head.slice(blank + 2);
    }
  }

  /** Where go-yaml sees a block end: after its last content, or before comments at its own column. */
  #endOf(node: YamlNode): number {
    const last = this.#lastToken(node);
    if (last === undefined) return 0;
    const found = this.#gaps.get(last.offset);
    const column = this.#columnOf(node);
    // What is still open at the end of the text ends there, and not at its last content.
    const isLast = last === this.#content.at(-1) && column <= this.#textEnd.column;
    const scan = isLast ? this.#textEnd.offset : (found?.gap.scan ?? last.end);
    const key = isLast ? this.#textEnd.offset : last.offset;
    const end = blockEnd({ scan }, found?.placed ?? [], column, this.#ends.get(key) ?? null);
    this.#ends.set(key, end);
    return end;
  }

  #columnOf(node: YamlNode): number {
    const start = this.#places.get(node)?.start;
    return this.#content.find(({ offset }) => offset === start)?.column ?? 0;
  }

  /** A sequence whose dashes stand at the column of its key has no block of its own. */
  #isIndentless(node: YamlNode): boolean {
    return this.#indentless.has(node);
  }

  readonly #indentless = new Set<YamlNode>();

  #lastToken(node: YamlNode): Token | undefined {
    const end = this.#lastOffset(node);
    return this.#content.findLast(({ offset }) => offset <= end);
  }

  #lastOffset(node: YamlNode): number {
    const place = this.#places.get(node);
    if (place === undefined) return -1;
    if (node.style === 'flow') return place.close;
    const inside = node.content.map((child) => this.#lastOffset(child));
    return Math.max(place.start, ...place.marks, ...inside);
  }

  #survey(tokens: readonly Token[]): {
    readonly gaps: Map<number, { readonly gap: Gap; readonly placed: readonly PlacedComment[] }>;
    readonly lines: readonly PlacedComment[];
  } {
    const blocks = this.#blocks();
    const gaps = new Map<number, { gap: Gap; placed: readonly PlacedComment[] }>();
    const lines: PlacedComment[] = [];
    let flow = 0;
    let index = 0;
    let before: Token | undefined;
    let earlier: Token | undefined;
    while (index <= tokens.length) {
      const comments: Token[] = [];
      for (let next = tokens[index]; next?.type === 'comment'; next = tokens[index]) {
        comments.push(next);
        index += 1;
      }
      const after = tokens[index];
      index += 1;
      const onLine = comments[0];
      let scan = before?.end ?? 0;
      if (onLine !== undefined && before !== undefined && hasLineComment(before, onLine)) {
        lines.push(lineComment(onLine, ownerOf(before, earlier, flow)));
        scan = onLine.end;
        comments.shift();
      }
      const [first] = comments;
      if (first !== undefined) {
        // The end of a plain scalar is known only at the next sign, so the gap begins there.
        if (before?.type === 'scalar' && first === onLine) scan = first.offset;
        const gap: Gap = {
          before,
          after,
          comments,
          indent: indentAt(before?.offset ?? -1, blocks),
          closesFlow: flow > 0 && after !== undefined && CLOSING.has(after.type),
          scan,
          scanLine: scan === first.offset ? first.line : (before?.lastLine ?? 0),
          owner: (before?.type === 'comma' ? earlier?.offset : before?.offset) ?? 0,
        };
        gaps.set(before?.offset ?? -1, { gap, placed: placeComments(gap) });
      }
      if (after !== undefined && OPENING.has(after.type)) flow += 1;
      if (after !== undefined && CLOSING.has(after.type)) flow -= 1;
      earlier = before;
      before = after;
    }
    return { gaps, lines };
  }

  #blocks(): readonly Block[] {
    const blocks: Block[] = [];
    for (const [node, { start }] of this.#places) {
      if (node.style !== 'block') continue;
      for (const [index, child] of node.content.entries()) {
        const isValue = node.kind === 'mapping' && index % 2 === 1;
        if (!isValue || child.kind !== 'sequence' || child.style !== 'block') continue;
        if (this.#columnOf(child) === this.#columnOf(node)) this.#indentless.add(child);
      }
      const last = this.#lastToken(node);
      if (last !== undefined) {
        blocks.push({ start, column: this.#columnOf(node), end: last.offset });
      }
    }
    const indentless = new Set(
      [...this.#indentless].map((node) => this.#places.get(node)?.start ?? -1),
    );
    return blocks.filter(({ start }) => !indentless.has(start));
  }
}

const OPENING: ReadonlySet<string> = new Set(['flow-map-start', 'flow-seq-start']);
const CLOSING: ReadonlySet<string> = new Set(['flow-map-end', 'flow-seq-end']);
/** What stands on a line and yet has no comment of its own: the comment goes to what follows. */
const WITHOUT_LINE: ReadonlySet<string> = new Set(['seq-item-ind', 'doc-start', 'directive']);

function hasLineComment(token: Token, comment: Token): boolean {
  if (token.type === 'block-scalar') return comment.offset < token.end;
  return comment.line === token.lastLine && !WITHOUT_LINE.has(token.type);
}

function ownerOf(token: Token, earlier: Token | undefined, flow: number): number {
  const isMark = flow > 0 ? token.type === 'comma' : token.type === 'map-value-ind';
  return (isMark ? earlier?.offset : undefined) ?? token.offset;
}

function lineComment(comment: Token, due: number): PlacedComment {
  const { source, offset, column } = comment;
  return { role: 'line', text: source, due, column, start: offset, end: -1, scan: offset };
}

function indentAt(offset: number, blocks: readonly Block[]): number {
  const open = blocks.filter(({ start, end }) => start <= offset && offset <= end);
  return Math.max(-1, ...open.map(({ column }) => column));
}

function liftFoot(value: YamlNode, key: YamlNode): void {
  if (key.foot !== '' || value.foot === '') return;
  key.foot = value.foot;
  value.foot = '';
}

function joined(text: string, more: string): string {
  return text === '' ? more : `${text}\n${more}`;
}
