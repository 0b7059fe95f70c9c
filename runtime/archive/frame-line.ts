import { isUtf8 } from 'node:buffer';
import type { FrameRow } from './row.ts';
import { UNESCAPE_BYTES, type Unescaper } from './unescape.ts';

/** A frame whose payload is bytes, not yet text. */
export interface ScannedFrame extends Omit<FrameRow, 'raw_text' | 'received_mono_ns'> {
  /** UTF-8 of `raw_text`; good until the callback that it is handed to returns. */
  readonly payload: Buffer;
}

/**
 * What a line of a frame begins with when the writer made it (`numberedLine`): these keys in this order and nothing
 * that an escape or a character beyond ASCII could hide. Every line that matches is a `frameRow`; any other may be one.
 */
const HEAD =
  /^\{"type":"frame","sequence":(0|[1-9]\d{0,14}),"connection_id":"([ !#-[\]-~]{0,200})","connection_sequence":(0|[1-9]\d{0,14}),"received_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?Z)","received_mono_ns":"\d{1,20}","payload_sha256":"([0-9a-f]{64})","raw_text":"/;
/** Longer than any text that `HEAD` matches. */
const LONGEST_HEAD = 512;
const END = Buffer.from('"}');

/** Reads lines of frames as the writer makes them, without JSON.parse and without making strings of payloads. */
export class FrameLines {
  readonly #unescaper: Unescaper;
  #lines: Buffer = Buffer.alloc(0);
  readonly #payloads: Buffer;
  #readable = false;

  constructor(unescaper: Unescaper) {
    this.#unescaper = unescaper;
    const { buffer, byteOffset, byteLength } = unescaper.target;
    this.#payloads = Buffer.from(buffer, byteOffset, byteLength);
  }

  /** The lines that `frame` is asked about next. */
  load(lines: Buffer): void {
    this.#lines = lines;
    // What is no UTF-8 becomes other characters when it becomes text, and these are what is hashed.
    this.#readable = lines.length <= UNESCAPE_BYTES && isUtf8(lines);
    if (this.#readable) this.#unescaper.source.set(lines);
  }

  /** The frame on the line from `start` to `end`, its line feed; null if the line is to be read in full. */
  frame(start: number, end: number): ScannedFrame | null {
    if (!this.#readable) return null;
    const head = HEAD.exec(
      this.#lines.toString('latin1', start, Math.min(end, start + LONGEST_HEAD)),
    );
    if (head === null) return null;
    const [text, sequence, connection_id, connection_sequence, received_at, payload_sha256] = head;
    const textEnd = end - END.length;
    const textStart = start + text.length;
    if (textEnd < textStart || this.#lines[end - 1] !== END[1]) return null;
    const length = this.#unescaper.decode(textStart, textEnd);
    if (length === -1) return null;
    return {
      type: 'frame',
      sequence: Number(sequence),
      connection_id: connection_id ?? '',
      connection_sequence: Number(connection_sequence),
      received_at: received_at ?? '',
      payload_sha256: payload_sha256 ?? '',
      payload: this.#payloads.subarray(0, length),
    };
  }
}
