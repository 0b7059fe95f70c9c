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

  /**
   * The lines that `chunk` completes: the one that began before, then all others in one piece, which lies in the chunk.
   * What is left of the chunk is copied.
   */
  push(chunk: Buffer): WholeLines[] {
    const first = chunk.indexOf(LINE_FEED);
    if (first === -1) {
      this.#keep(chunk);
      return [];
    }
    const whole: WholeLines[] = [];
    const size = this.#restBytes + first;
    let next = 0;
    if (this.#restBytes > 0 || size > this.#longest) {
      next = first + 1;
      // What was kept of a line that proved too long is less than the line: no part of it must be read as a row.
      if (size > this.#longest) whole.push({ bytes: chunk.subarray(first, next), overlong: size });
      else {
        const bytes = Buffer.concat([...this.#rest, chunk.subarray(0, next)]);
        whole.push({ bytes, overlong: null });
      }
    }
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > next) whole.push({ bytes: chunk.subarray(next, end), overlong: null });
    this.#rest = [];
    this.#restBytes = 0;
    this.#keep(chunk.subarray(end));
    return whole;
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#longest) this.#rest = [];
    else if (piece.length > 0) this.#rest.push(Buffer.from(piece));
  }
}
