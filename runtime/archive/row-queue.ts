import { LineBytes } from './line-bytes.ts';
import { instantOf, type NewRow } from './row-line.ts';
import { rowFacts, Tally } from './tally.ts';

/** Rows to compress in one go, all of one UTC day. */
export interface Batch {
  readonly lines: Buffer;
  readonly tally: Tally;
  /** Tokens that the rows themselves name. */
  readonly tokens: readonly string[];
}

/**
 * Beyond the limit gaps are still taken until this many bytes more: the row that says that frames were lost must not
 * be lost for the same reason.
 */
const GAP_RESERVE_BYTES = 1_048_576;
/**
 * Rows that wait are lines in portions of this size, not texts: thousands of texts that wait are copied by each
 * collection of the heap. A busy thread waits for its turn several times for each portion, so they are large; of a
 * portion that is hardly used hardly any page is resident.
 */
const PORTION_BYTES = 1_048_576;
/**
 * Portions whose memory is kept for the next ones: else it becomes garbage several times a second. Two are in turns at
 * any time; more than four are in use only while the disk hangs.
 */
const KEPT_PORTIONS = 3;

interface Portion {
  readonly buffer: Buffer;
  used: number;
  /** `YYYY-MM-DD` of its rows. */
  day: string;
  /** Sequence of its first row. */
  first: number;
  readonly tally: Tally;
  readonly tokens: string[];
}

/** Numbered rows between the recorder and the disk, bounded in bytes. */
export class RowQueue {
  readonly #limitBytes: number;
  readonly #lines = new LineBytes();
  /** Only the last one may be empty. */
  readonly #portions: Portion[] = [];
  readonly #spare: Buffer[] = [];
  #bytes = 0;
  #sequence = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of the rows that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Sequence of the row that is taken next into the queue. */
  get nextSequence(): number {
    return this.#sequence;
  }

  /** Day of the oldest row. */
  get day(): string | undefined {
    return this.isEmpty ? undefined : this.#portions[0]?.day;
  }

  /** True if a row with a smaller sequence than `sequence` waits. */
  holdsBefore(sequence: number): boolean {
    const oldest = this.#portions[0];
    return !this.isEmpty && oldest !== undefined && oldest.first < sequence;
  }

  /** The sequence of the row, or null if there is no room for it; then no sequence is used up. */
  push(row: NewRow): number | null {
    const limit = this.#limitBytes + (row.type === 'gap' ? GAP_RESERVE_BYTES : 0);
    if (this.#bytes >= limit) return null;
    const sequence = this.#sequence;
    const { portion, end } = this.#written(row, sequence);
    const length = end - portion.used;
    if (this.#bytes + length > limit && this.#bytes > 0) return null;
    if (portion.used === 0) portion.first = sequence;
    portion.used = end;
    portion.tally.add(rowFacts(row, sequence));
    if (row.type === 'checkpoint') portion.tokens.push(...row.token_ids);
    this.#sequence++;
    this.#bytes += length;
    return sequence;
  }

  /** Takes the oldest rows. Their bytes are the caller's until `recycle`. */
  take(): Batch {
    const portion = this.#portions.shift();
    if (portion === undefined) return { lines: Buffer.alloc(0), tally: new Tally(), tokens: [] };
    this.#bytes -= portion.used;
    const { buffer, used, tally, tokens } = portion;
    return { lines: buffer.subarray(0, used), tally, tokens };
  }

  /** Nobody needs the lines of `batch` any more. */
  recycle({ lines }: Batch): void {
    const fits = lines.buffer.byteLength === PORTION_BYTES;
    if (fits && this.#spare.length < KEPT_PORTIONS) this.#spare.push(Buffer.from(lines.buffer));
  }

  /** Writes the line behind the last row. It counts once the portion says that it is used up to `end`. */
  #written(row: NewRow, sequence: number): { portion: Portion; end: number } {
    const day = instantOf(row).slice(0, 10);
    const room = this.#lines.room(row);
    if (room !== null && room <= PORTION_BYTES) {
      const portion = this.#portion(day, room);
      const end = this.#lines.write(row, sequence, portion.buffer, portion.used);
      if (end !== null) return { portion, end };
    }
    const line = this.#lines.whole(row, sequence);
    const portion = this.#portion(day, line.length);
    return { portion, end: portion.used + line.copy(portion.buffer, portion.used) };
  }

  /** The last portion if it is of `day` and has room, else a new one. */
  #portion(day: string, room: number): Portion {
    const last = this.#portions.at(-1);
    if (last !== undefined && last.used + room <= last.buffer.length) {
      if (last.used === 0) last.day = day;
      if (last.day === day) return last;
    }
    if (last?.used === 0) this.#portions.pop();
    const portion = {
      buffer: this.#memory(room),
      used: 0,
      day,
      first: 0,
      tally: new Tally(),
      tokens: [],
    };
    this.#portions.push(portion);
    return portion;
  }

  #memory(room: number): Buffer {
    if (room > PORTION_BYTES) return Buffer.allocUnsafeSlow(room);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(PORTION_BYTES);
  }
}
