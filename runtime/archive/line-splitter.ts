const LINE_FEED = 10;

/**
 * The longest line that is read: a frame of the largest size that a connection takes (32 MiB), every byte of it a
 * control character that takes six in JSON, and the rest of its row. A longer one is no row of ours, and is not kept
 * in memory: a small file may be packed so that it unpacks to a line without end.
 */
export const LONGEST_LINE_BYTES = 6 * 33_554_432 + 4_096;

/** Whole lines, each with its line feed. */
export interface WholeLines {
  readonly bytes: Buffer;
  /** Size of the first line if that was longer than `LONGEST_LINE_BYTES` and stands here empty; else null. */
  readonly overlong: number | null;
}

/** Cuts a stream of bytes at its line feeds, wherever its chunks end. */
export class LineSplitter {
  readonly #longest: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(longest = LONGEST_LINE_BYTES) {
    this.#longest = longest;
  }

  /** Bytes after the last line feed. */
  get rest(): number {
    return this.#restBytes;
  }

  /** The lines that `chunk` completes, or null. The chunk is kept and must not change. */
  push(chunk: Buffer): WholeLines | null {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end === -1) {
      this.#keep(chunk);
      return null;
    }
    const first = this.#restBytes + chunk.indexOf(LINE_FEED);
    const overlong = first > this.#longest ? first : null;
    // What was kept of a line that proved too long is less than the line: no part of it must be read as a row.
    const from = overlong === null ? 0 : chunk.indexOf(LINE_FEED);
    const kept = overlong === null ? this.#rest : [];
    const whole = chunk.subarray(from, end + 1);
    const bytes = kept.length === 0 ? whole : Buffer.concat([...kept, whole]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#keep(chunk.subarray(end + 1));
    return { bytes, overlong };
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#longest) this.#rest = [];
    else if (piece.length > 0) this.#rest.push(piece);
  }
}
