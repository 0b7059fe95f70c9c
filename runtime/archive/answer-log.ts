import type { Logger } from '../observability/logger.ts';
import type { CheckpointRow } from './row.ts';
import type { NewRow } from './row-line.ts';

/** Where the rows go; `append` gives null when too much waits for the disk. */
interface Sink {
  append(row: NewRow): number | null;
}

/** Archives answers of REST. One that the writer cannot take is lost, and the row before the next one says so. */
export class AnswerLog {
  readonly #sink: Sink;
  readonly #logger: Logger;
  #lost = 0;

  constructor(sink: Sink, logger: Logger) {
    this.#sink = sink;
    this.#logger = logger;
  }

  /** The sequence of the row, or null if it is lost. */
  write(row: Omit<CheckpointRow, 'sequence'>): number | null {
    if (this.#lost > 0) {
      const taken = this.#sink.append({
        type: 'gap',
        connection_id: null,
        reason: 'overflow',
        since: null,
        at: row.received_at,
        detail: `${this.#lost} checkpoints were not kept: the disk refused them or had no room`,
      });
      if (taken !== null) this.#lost = 0;
    }
    const sequence = this.#sink.append(row);
    if (sequence !== null) return sequence;
    this.#lost++;
    this.#logger.error('a checkpoint is not kept: the disk refuses or has no room');
    return null;
  }
}
