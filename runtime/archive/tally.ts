import type { ArchiveManifest } from './manifest.ts';
import type { CheckpointRow, FrameRow, GapRow } from './row.ts';
import type { NewFrame, NewRow, NumberedRow } from './row-line.ts';

/** The part of an archive manifest that is counted from the rows. */
export type Counted = Pick<
  ArchiveManifest,
  | 'rows'
  | 'frames'
  | 'gaps'
  | 'checkpoints'
  | 'first_sequence'
  | 'last_sequence'
  | 'first_received_at'
  | 'last_received_at'
  | 'connections'
>;

/** What the tally needs of a row. */
export interface RowFacts {
  readonly type: NumberedRow['type'];
  readonly sequence: number;
  /** Instant of reception; null for gaps, which receive nothing. */
  readonly receivedAt: string | null;
  /** Of frames. */
  readonly connection: { readonly id: string; readonly sequence: number } | null;
}

interface ConnectionTally {
  first: number;
  last: number;
  frames: number;
}

/** Counts the rows of one segment as they are written or read. */
export class Tally {
  #rows = 0;
  #frames = 0;
  #gaps = 0;
  #checkpoints = 0;
  #firstSequence: number | null = null;
  #lastSequence: number | null = null;
  #firstReceivedAt: string | null = null;
  #lastReceivedAt: string | null = null;
  readonly #connections = new Map<string, ConnectionTally>();

  get rows(): number {
    return this.#rows;
  }

  get lastSequence(): number | null {
    return this.#lastSequence;
  }

  get lastReceivedAt(): string | null {
    return this.#lastReceivedAt;
  }

  add(row: RowFacts): void {
    this.#rows++;
    this.#firstSequence ??= row.sequence;
    this.#lastSequence = row.sequence;
    if (row.type === 'frame') this.#frames++;
    else if (row.type === 'gap') this.#gaps++;
    else this.#checkpoints++;
    if (row.receivedAt !== null) {
      this.#firstReceivedAt ??= row.receivedAt;
      this.#lastReceivedAt = row.receivedAt;
    }
    if (row.connection !== null) this.#addFrame(row.connection);
  }

  /** Counts the rows that `later` counted, which come after these. */
  addAll(later: Tally): void {
    this.#rows += later.#rows;
    this.#frames += later.#frames;
    this.#gaps += later.#gaps;
    this.#checkpoints += later.#checkpoints;
    this.#firstSequence ??= later.#firstSequence;
    this.#lastSequence = later.#lastSequence ?? this.#lastSequence;
    this.#firstReceivedAt ??= later.#firstReceivedAt;
    this.#lastReceivedAt = later.#lastReceivedAt ?? this.#lastReceivedAt;
    for (const [id, connection] of later.#connections) {
      const known = this.#connections.get(id);
      if (known === undefined) this.#connections.set(id, { ...connection });
      else {
        known.last = connection.last;
        known.frames += connection.frames;
      }
    }
  }

  counted(): Counted {
    return {
      rows: this.#rows,
      frames: this.#frames,
      gaps: this.#gaps,
      checkpoints: this.#checkpoints,
      first_sequence: this.#firstSequence,
      last_sequence: this.#lastSequence,
      first_received_at: this.#firstReceivedAt,
      last_received_at: this.#lastReceivedAt,
      connections: [...this.#connections].map(([id, connection]) => ({
        connection_id: id,
        first_sequence: connection.first,
        last_sequence: connection.last,
        frames: connection.frames,
      })),
    };
  }

  #addFrame({ id, sequence }: { readonly id: string; readonly sequence: number }): void {
    const known = this.#connections.get(id);
    if (known === undefined) {
      this.#connections.set(id, { first: sequence, last: sequence, frames: 1 });
      return;
    }
    known.last = sequence;
    known.frames++;
  }
}

/** What the tally needs of `row`. */
export function factsOf(
  row: Omit<FrameRow, 'raw_text' | 'received_mono_ns'> | GapRow | CheckpointRow,
): RowFacts {
  return rowFacts(row, row.sequence);
}

/** What the tally needs of a row that has its number beside it. */
export function rowFacts(
  row: Omit<FrameRow, 'sequence' | 'raw_text' | 'received_mono_ns'> | Exclude<NewRow, NewFrame>,
  sequence: number,
): RowFacts {
  return {
    type: row.type,
    sequence,
    receivedAt: row.type === 'gap' ? null : row.received_at,
    connection:
      row.type === 'frame' ? { id: row.connection_id, sequence: row.connection_sequence } : null,
  };
}
