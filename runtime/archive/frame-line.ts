import { isUtf8 } from 'node:buffer';
import { type FrameCode, SOURCE_AT, SOURCE_BYTES } from './frame-code.ts';
import type { FrameRow } from './row.ts';

/** A frame whose payload is bytes, not yet text. */
export interface ScannedFrame extends Omit<FrameRow, 'raw_text' | 'received_mono_ns'> {
  /** UTF-8 of `raw_text`; good until the callback that it is handed to returns. */
  readonly payload: Buffer;
}

const [BRACE, LINE_FEED] = [0x7d, 0x0a] as const;
const HASH_DIGITS = 64;

/** Reads lines of frames as the writer makes them, without JSON.parse and without making strings of payloads. */
export class FrameLines {
  readonly #code: FrameCode;
  #readable = false;
  #id = Buffer.alloc(0);
  #idText = '';
  /** Where the line feed of the last frame stands. */
  end = 0;

  constructor(code: FrameCode) {
    this.#code = code;
  }

  /** The lines that `frame` is asked about next, each with its line feed. */
  load(lines: Buffer): void {
    // What is no UTF-8 becomes other characters when it becomes text, and these are what is hashed.
    this.#readable = lines.length <= SOURCE_BYTES && isUtf8(lines);
    if (this.#readable) this.#code.source.set(lines);
  }

  /** The frame on the line that begins at `start`; null if the line is to be read in full. */
  frame(start: number): ScannedFrame | null {
    if (!this.#readable) return null;
    const { source, counts, places } = this.#code;
    const text = this.#code.head(start);
    if (text === -1) return null;
    const length = this.#code.decode(text);
    if (length === -1) return null;
    const textEnd = this.#code.textEnd();
    if (source[textEnd + 1] !== BRACE || source[textEnd + 2] !== LINE_FEED) return null;
    this.end = textEnd + 2;
    const [idStart = 0, idEnd = 0, instantStart = 0, instantEnd = 0, hashStart = 0] = places;
    // Of both texts at once: each call out of JavaScript costs as much as the rest of this function.
    const texts = source.toString(
      'latin1',
      instantStart - SOURCE_AT,
      hashStart + HASH_DIGITS - SOURCE_AT,
    );
    return {
      type: 'frame',
      sequence: counts[0] ?? 0,
      connection_id: this.#connection(idStart - SOURCE_AT, idEnd - SOURCE_AT),
      connection_sequence: counts[1] ?? 0,
      received_at: texts.slice(0, instantEnd - instantStart),
      payload_sha256: texts.slice(-HASH_DIGITS),
      payload: this.#code.target.subarray(0, length),
    };
  }

  /** Nearly all frames name the connection of the one before, whose text there is. */
  #connection(start: number, end: number): string {
    const { source } = this.#code;
    let same = end - start === this.#id.length;
    for (let index = 0; same && index < this.#id.length; index++) {
      same = source[start + index] === this.#id[index];
    }
    if (!same) {
      this.#id = Buffer.from(source.subarray(start, end));
      this.#idText = this.#id.toString('latin1');
    }
    return this.#idText;
  }
}
