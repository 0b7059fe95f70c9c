import { isUtf8 } from 'node:buffer';
import { ESCAPABLE_BYTES, type Escaper, makeEscaper } from './escape.ts';
import { frameHead, type NewRow, numberedLine } from './row-line.ts';

/** More than the head of a frame takes beside its connection's id, and the end of its line. */
const FRAMEWORK_BYTES = 512;
/** Bytes that a character of an id takes at most. */
const ID_CHARACTER_BYTES = 6;
const [QUOTE, BRACE, LINE_FEED] = [0x22, 0x7d, 0x0a] as const;

/** Makes lines of rows as bytes: the very bytes of `numberedLine`. */
export class LineBytes {
  readonly #escaper: Escaper = makeEscaper();

  /** Bytes that must be free for `write`; null if it cannot be used for `row`. */
  room(row: NewRow): number | null {
    if (row.type !== 'frame' || typeof row.raw_text === 'string') return null;
    const { raw_text, connection_id } = row;
    if (raw_text.length > ESCAPABLE_BYTES) return null;
    return FRAMEWORK_BYTES + connection_id.length * ID_CHARACTER_BYTES + raw_text.length * 2;
  }

  /** Writes the line of `row` into `into` from `at` on and returns its end, or null if it must be made as text. */
  write(row: NewRow, sequence: number, into: Buffer, at: number): number | null {
    if (row.type !== 'frame' || typeof row.raw_text === 'string') return null;
    // What is no UTF-8 is written as what it becomes as text.
    if (!isUtf8(row.raw_text)) return null;
    const length = this.#escaper.encode(row.raw_text);
    if (length === -1) return null;
    let end = at + into.write(frameHead(row, sequence), at);
    into[end++] = QUOTE;
    end += this.#escaper.target.copy(into, end, 0, length);
    into[end++] = QUOTE;
    into[end++] = BRACE;
    into[end++] = LINE_FEED;
    return end;
  }

  /** The line of any row. */
  whole(row: NewRow, sequence: number): Buffer {
    return Buffer.from(numberedLine(row, sequence));
  }
}
