import type { GapRow } from '../archive/row.ts';
import { formatInstant } from '../observability/clock.ts';

/** A text frame as it came off the socket. */
export interface ReceivedFrame {
  readonly kind: 'frame';
  readonly connectionId: string;
  readonly connectionSequence: number;
  /** Microseconds since 1970. */
  readonly wallMicros: number;
  /** Nanoseconds of the monotonic clock. */
  readonly monoNs: bigint;
  readonly payload: Buffer;
}

/** A gap row that still lacks its number. */
export type UnnumberedGap = Omit<GapRow, 'sequence'>;

export interface ReceivedGap {
  readonly kind: 'gap';
  readonly gap: UnnumberedGap;
}

export type Received = ReceivedFrame | ReceivedGap;

/** What one waiting frame costs beside its payload: three objects (frame, buffer, time) and its place in the queue. */
const ENTRY_BYTES = 320;
/** After an overflow nothing is taken until the queue is this empty, so that one jam gives one gap and not thousands. */
const RESUME_AT = 0.75;

interface Loss {
  frames: number;
  readonly since: string | null;
  lastMicros: number;
}

/**
 * Frames between the socket and the disk, in the order of arrival and bounded in bytes. What does not fit is counted
 * and becomes an `overflow` gap at the place where it would have stood. Gaps always fit.
 */
export class FrameQueue {
  readonly #limitBytes: number;
  #entries: (Received | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #overflowing = false;
  #lostFrames = 0;
  readonly #losses = new Map<string, Loss>();
  readonly #lastKept = new Map<string, number>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Frames that did not fit since the start. */
  get lostFrames(): number {
    return this.#lostFrames;
  }

  /** When the oldest frame was received, nanoseconds of the monotonic clock; null when a gap or nothing is next. */
  get oldestMono(): bigint | null {
    const oldest = this.#entries[this.#head];
    return oldest?.kind === 'frame' ? oldest.monoNs : null;
  }

  /** False when the frame did not fit: it is lost and will be reported. */
  push(frame: ReceivedFrame): boolean {
    const size = frame.payload.length + ENTRY_BYTES;
    if (this.#overflowing && this.#bytes <= this.#limitBytes * RESUME_AT) {
      this.#overflowing = false;
      this.#reportLosses();
    }
    if (this.#overflowing || this.#bytes + size > this.#limitBytes) {
      this.#overflowing = true;
      this.#lose(frame);
      return false;
    }
    this.#bytes += size;
    this.#entries.push(frame);
    this.#lastKept.set(frame.connectionId, frame.wallMicros);
    return true;
  }

  pushGap(gap: UnnumberedGap): void {
    // Whatever was lost was lost before this, and the archive must say so in this order.
    this.#reportLosses();
    this.#entries.push({ kind: 'gap', gap });
    if (gap.connection_id !== null && ENDS_CONNECTION.has(gap.reason)) {
      this.#lastKept.delete(gap.connection_id);
    }
  }

  /** The oldest entry, or undefined when nothing waits. */
  take(): Received | undefined {
    if (this.#head === this.#entries.length) {
      this.#reportLosses();
      if (this.#head === this.#entries.length) return undefined;
    }
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head++;
    if (entry?.kind === 'frame') this.#bytes -= entry.payload.length + ENTRY_BYTES;
    if (this.#head === this.#entries.length || this.#head >= COMPACT_AT) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
    return entry;
  }

  #lose(frame: ReceivedFrame): void {
    this.#lostFrames++;
    const loss = this.#losses.get(frame.connectionId);
    if (loss !== undefined) {
      loss.frames++;
      loss.lastMicros = frame.wallMicros;
      return;
    }
    const kept = this.#lastKept.get(frame.connectionId);
    this.#losses.set(frame.connectionId, {
      frames: 1,
      since: kept === undefined ? null : formatInstant(kept),
      lastMicros: frame.wallMicros,
    });
  }

  #reportLosses(): void {
    for (const [connectionId, loss] of this.#losses) {
      this.#entries.push({
        kind: 'gap',
        gap: {
          type: 'gap',
          connection_id: connectionId,
          reason: 'overflow',
          since: loss.since,
          at: formatInstant(loss.lastMicros),
          detail: `${loss.frames} frames came while ${this.#limitBytes} bytes were waiting for the disk`,
          lost_frames: loss.frames,
        },
      });
    }
    this.#losses.clear();
  }
}

const ENDS_CONNECTION: ReadonlySet<string> = new Set(['disconnect', 'stall']);

/** Taken entries are dropped from the array in runs of this many: each run costs one copy. */
const COMPACT_AT = 8_192;
