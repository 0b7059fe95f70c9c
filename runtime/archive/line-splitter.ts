const LINE_FEED = 10;

/** Cuts a stream of UTF-8 bytes into lines, wherever its chunks end. */
export class LineSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** Bytes after the last line feed. */
  get rest(): number {
    return this.#restBytes;
  }

  /** The lines that `chunk` completes, without their line feeds. The chunk is kept and must not change. */
  push(chunk: Buffer): string[] {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end === -1) {
      this.#rest.push(chunk);
      this.#restBytes += chunk.length;
      return [];
    }
    // Bytes of a line are joined before they become text: a chunk may end in the middle of a character.
    const whole = Buffer.concat([...this.#rest, chunk.subarray(0, end)]).toString('utf8');
    const rest = chunk.subarray(end + 1);
    this.#rest = rest.length > 0 ? [rest] : [];
    this.#restBytes = rest.length;
    return whole.split('\n');
  }
}
