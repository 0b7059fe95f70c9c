import { instantOf, type NewRow, type NumberedRow, numberedLine } from './row-line.ts';
import type { RowFacts } from './tally.ts';

/** A row that waits to be written. */
export interface QueuedRow {
  readonly line: string;
  readonly facts: RowFacts;
  /** `YYYY-MM-DD` of the row. */
  readonly day: string;
  /** Tokens that the row itself names. */
  readonly tokens: readonly string[];
}

/** Rows to compress in one go, all of one UTC day. */
export interface Batch {
  readonly lines: string;
  readonly rows: readonly RowFacts[];
  readonly tokens: readonly string[];
  readonly bytes: number;
}

/**
 * Beyond the limit gaps are still taken until this many bytes more: the row that says that frames were lost must not
 * be lost for the same reason.
 */
const GAP_RESERVE_BYTES = 1_048_576;

/** Numbered rows between the recorder and the disk, bounded in bytes. */
export class RowQueue {
  readonly #limitBytes: number;
  /** Taken places are emptied at once: an old array would keep young rows alive. */
  #rows: (QueuedRow | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #sequence = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Approximate bytes of the rows that wait: characters of their lines. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#rows.length - this.#head;
  }

  /** Sequence of the row that is taken next into the queue. */
  get nextSequence(): number {
    return this.#sequence;
  }

  /** Day of the oldest row. */
  get day(): string | undefined {
    return this.#rows[this.#head]?.day;
  }

  /** True if a row with a smaller sequence than `sequence` waits. */
  holdsBefore(sequence: number): boolean {
    const oldest = this.#rows[this.#head];
    return oldest !== undefined && oldest.facts.sequence < sequence;
  }

  /** The sequence of the row, or null if there is no room for it; then no sequence is used up. */
  push(row: NewRow): number | null {
    const limit = this.#limitBytes + (row.type === 'gap' ? GAP_RESERVE_BYTES : 0);
    if (this.#bytes >= limit) return null;
    const sequence = this.#sequence;
    const line = numberedLine(row, sequence);
    if (this.#bytes + line.length > limit && this.#bytes > 0) return null;
    this.#sequence++;
    this.#bytes += line.length;
    this.#rows.push({
      line,
      facts: facts(row, sequence),
      day: instantOf(row).slice(0, 10),
      tokens: row.type === 'checkpoint' ? row.token_ids : [],
    });
    return sequence;
  }

  /** Takes the oldest rows of one day, about `maximumBytes` of them and at least one. */
  take(maximumBytes: number): Batch {
    const rows: RowFacts[] = [];
    const tokens: string[] = [];
    const { day } = this;
    let lines = '';
    for (let next = this.#rows[this.#head]; next !== undefined; next = this.#rows[this.#head]) {
      if (next.day !== day || (rows.length > 0 && lines.length + next.line.length > maximumBytes)) {
        break;
      }
      lines += next.line;
      rows.push(next.facts);
      tokens.push(...next.tokens);
      this.#rows[this.#head] = undefined;
      this.#head++;
    }
    this.#bytes -= lines.length;
    if (this.#head === this.#rows.length || this.#head >= COMPACT_AT) {
      this.#rows.splice(0, this.#head);
      this.#head = 0;
    }
    return { lines, rows, tokens, bytes: lines.length };
  }
}

/** Taken rows are dropped from the array in runs of this many: each run costs one copy. */
const COMPACT_AT = 4_096;

function facts(row: NewRow, sequence: number): RowFacts {
  const type: NumberedRow['type'] = row.type;
  return {
    type,
    sequence,
    receivedAt: row.type === 'gap' ? null : row.received_at,
    connection:
      row.type === 'frame' ? { id: row.connection_id, sequence: row.connection_sequence } : null,
  };
}
