import type { ScannedRow } from '../archive/reader.ts';

/** What is known of one connection inside one archive. */
export interface ConnectionSpan {
  /** Sequences of its frames here; null if it has none but a gap row names it. */
  readonly frames: { readonly first: number; readonly last: number } | null;
  /** Frames that overflow gaps say were lost before the first frame here, and after the last one. */
  readonly lostBefore: number;
  readonly lostAfter: number;
}

interface ConnectionState {
  first: number | null;
  last: number;
  lostBefore: number;
  /** Lost frames that gap rows announced since the last frame. */
  lost: number;
}

/**
 * Follows row and connection sequences through one archive. A frame sequence that skips is no break as far as an
 * `overflow` gap of its connection says that frames were lost there.
 */
export class SequenceCheck {
  #last: number | null = null;
  readonly #connections = new Map<string, ConnectionState>();

  /** How many connections the rows named so far. */
  get connections(): number {
    return this.#connections.size;
  }

  /** What is wrong with the row's place, in words. */
  next(row: ScannedRow): { readonly row: string | null; readonly connection: string | null } {
    const rowBreak = describeBreak('sequence', row.sequence, this.#last, 0);
    this.#last = row.sequence;
    let connection: string | null = null;
    if (row.type === 'frame') connection = this.#frame(row.connection_id, row.connection_sequence);
    else if (row.type === 'gap' && row.connection_id !== null) {
      this.#state(row.connection_id).lost += row.lost_frames ?? 0;
    }
    return { row: rowBreak, connection };
  }

  spans(): ReadonlyMap<string, ConnectionSpan> {
    const spans = new Map<string, ConnectionSpan>();
    for (const [id, { first, last, lostBefore, lost }] of this.#connections) {
      const frames = first === null ? null : { first, last };
      spans.set(id, { frames, lostBefore, lostAfter: lost });
    }
    return spans;
  }

  #frame(id: string, sequence: number): string | null {
    const state = this.#state(id);
    const { lost } = state;
    state.lost = 0;
    if (state.first === null) {
      state.first = sequence;
      state.last = sequence;
      state.lostBefore = lost;
      return null;
    }
    const found = describeBreak(`connection ${id}: frame`, sequence, state.last, lost);
    state.last = sequence;
    return found;
  }

  #state(id: string): ConnectionState {
    const known = this.#connections.get(id);
    if (known !== undefined) return known;
    const state: ConnectionState = { first: null, last: -1, lostBefore: 0, lost: 0 };
    this.#connections.set(id, state);
    return state;
  }
}

/** Null if `sequence` follows `before`, with at most `lost` numbers left out in between. */
export function describeBreak(
  what: string,
  sequence: number,
  before: number | null,
  lost: number,
): string | null {
  if (before === null) return null;
  const missing = sequence - before - 1;
  if (missing >= 0 && missing <= lost) return null;
  if (missing < 0) return `${what} ${sequence} comes after ${before}: repeated or out of order`;
  const said = lost > 0 ? ` and gap rows explain ${lost}` : '';
  return `${what} ${sequence} follows ${before}: ${missing} missing${said}`;
}
