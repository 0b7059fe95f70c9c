import type { Token } from './token.ts';

/** A comment and the place in the text at which it is due. */
export interface PlacedComment {
  readonly role: 'head' | 'line' | 'foot';
  readonly text: string;
  /** Belongs to whatever is read at this offset or next after it. */
  readonly due: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
  /** Where the white space began in which it was found. */
  readonly scan: number;
}

/** What lies between two tokens: comments on lines of their own. */
export interface Gap {
  readonly before: Token | undefined;
  readonly after: Token | undefined;
  readonly comments: readonly Token[];
  /** Column of the innermost block that is open in the gap. */
  readonly indent: number;
  /** The gap ends with the bracket that closes a flow collection. */
  readonly closesFlow: boolean;
  /** Offset at which the gap begins. */
  readonly scan: number;
  readonly scanLine: number;
  /** Of the gap's first token: what a comma ends, for a comma. */
  readonly owner: number;
}

/**
 * Places the comments of a gap: a group right under the content before it, with a blank line or the end after it,
 * is its foot, as is a group indented otherwise than what follows; the rest is the head of what follows. The rules
 * are go-yaml's, since comments must end where Kargo's rewriting puts them.
 */
export function placeComments(gap: Gap): readonly PlacedComment[] {
  const [first] = gap.comments;
  if (first === undefined) return [];
  const placed: PlacedComment[] = [];
  const indent = Math.max(gap.indent, 0);
  const contentLine = gap.before?.lastLine ?? 0;
  const newLines = first.line - contentLine;
  const footLine = footLineOf(gap, first, newLines);
  let group: Token[] = [];
  let text = '';
  let due = gap.owner;
  let scan = gap.scan;
  let noBlankYet = newLines <= 1;

  const close = (role: 'head' | 'foot', end: number, dueAt: number): void => {
    const [start] = group;
    if (start === undefined) return;
    placed.push({ role, text, due: dueAt, column: start.column, start: start.offset, end, scan });
    group = [];
    text = '';
    due = end;
    scan = end;
  };
  const pause = (end: number, kind: 'blank line' | 'end of text' | 'closing bracket'): void => {
    const [start] = group;
    if (start === undefined) return;
    const dedented = start.column < indent;
    const under = start.line === footLine && gap.before?.type !== 'map-value-ind';
    if (kind === 'closing bracket' || (noBlankYet && (under || dedented))) {
      close('foot', end, dedented ? start.offset : due);
    } else if (kind === 'blank line') {
      text += '\n';
    }
  };

  for (const [index, comment] of gap.comments.entries()) {
    if (turnsBack(comment.column, group, indent)) close('foot', comment.offset, due);
    text += `${group.length === 0 ? '' : '\n'}${comment.source}`;
    group.push(comment);
    const next = gap.comments[index + 1] ?? gap.after;
    if (next === undefined) pause(comment.end + 1, 'end of text');
    else if (next.line - comment.line > 1) {
      pause(comment.end + 1, 'blank line');
      noBlankYet = false;
    }
  }
  const { after } = gap;
  if (after !== undefined && gap.closesFlow) pause(after.offset, 'closing bracket');
  if (after !== undefined && turnsBack(after.column, group, indent))
    close('foot', after.offset, due);
  const [start] = group;
  if (start !== undefined) close('head', (after?.offset ?? start.end) - 1, start.offset);
  return placed;
}

/**
 * Where a block counts as ended, given the column it has: before the gap, unless comments at its own column stand
 * there. `from` is the answer for the block inside it, or null for the innermost.
 */
export function blockEnd(
  gap: Pick<Gap, 'scan'>,
  placed: readonly PlacedComment[],
  column: number,
  from: number | null,
): number {
  let mark = from ?? gap.scan - 1;
  let stop = mark;
  for (const comment of placed.toReversed()) {
    if (comment.end < stop) break;
    if (comment.column === column) mark = comment.start;
    stop = comment.scan;
  }
  return mark;
}

/** The line on which a comment must begin to be a foot of what is before it. */
function footLineOf(gap: Gap, first: Token, newLines: number): number {
  const content = gap.before?.lastLine ?? 0;
  const scanLine = gap.before?.type === 'block-scalar' ? content + 1 : gap.scanLine;
  if (scanLine === 0) return -1;
  return newLines === 0 && first.column > 1 ? content + 2 : content + 1;
}

function turnsBack(column: number, group: readonly Token[], indent: number): boolean {
  const [start] = group;
  return start !== undefined && column < indent && column !== start.column;
}
