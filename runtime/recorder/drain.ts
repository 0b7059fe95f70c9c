import { hash } from 'node:crypto';
import type { NewRow } from '../archive/row-line.ts';
import { formatInstant } from '../observability/clock.ts';
import type { FrameQueue, Received } from './frame-queue.ts';

/** Where rows go; the archive writer is one. */
export interface RowSink {
  /** The sequence of the row, or null if it was not taken because too much waits. */
  append(row: NewRow): number | null;
  /** Bytes handed over and not yet on the disk. */
  readonly queuedBytes: number;
}

export interface DrainOptions {
  readonly queue: FrameQueue;
  readonly sink: RowSink;
  /**
   * Called for every entry once it is with the sink; `calm` is false while more wait, and then other work should. The
   * text is empty when it is not calm: making it costs more than archiving the bytes.
   */
  readonly observe: (entry: Received, text: string, calm: boolean, sequence: number) => void;
  /** Bytes the sink may hold; beyond it frames wait in the bounded queue, where a loss becomes a gap. */
  readonly sinkBytes: number;
}

/** What waited when the drain was ended. */
export interface Abandoned {
  readonly frames: number;
  /** Frames that gaps among it told of: they did not fit into the queue. */
  readonly reported: number;
}

/** Frames per turn: some milliseconds of work, after which the socket is read again. */
const FRAMES_PER_TURN = 200;
/** How soon to look again whether a full sink has room. */
const FULL_PAUSE_MS = 5;

/**
 * Moves frames from the queue to the archive: payload hash, row, append. It works in turns between which the sockets
 * are read, so that reading always comes first.
 */
export class Drain {
  readonly #options: DrainOptions;
  #scheduled = false;
  /** Taken from the queue, not taken by the sink. */
  #held: Received | null = null;
  #idle: (() => void)[] = [];

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** When the oldest frame that is not with the sink was received, nanoseconds of the monotonic clock, or null. */
  get oldestMono(): bigint | null {
    const held = this.#held;
    return held?.kind === 'frame' ? held.monoNs : this.#options.queue.oldestMono;
  }

  /** Something is in the queue. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  /** Resolves true once everything that waits is with the sink, false if that takes longer than `limitMs`. */
  async finish(limitMs: number): Promise<boolean> {
    this.wake();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const done = new Promise<boolean>((resolve) => this.#idle.push(() => resolve(true)));
    return Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  /** Gives up what still waits, so that nothing is left to do. It is lost, and who ends the drain has to say so. */
  end(): Abandoned {
    let frames = 0;
    let reported = 0;
    const { queue } = this.#options;
    for (let entry = this.#held ?? queue.take(); entry !== undefined; entry = queue.take()) {
      if (entry.kind === 'frame') frames++;
      else reported += entry.gap.lost_frames ?? 0;
    }
    this.#held = null;
    return { frames, reported };
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    const { queue, sink, sinkBytes } = this.#options;
    for (let done = 0; done < FRAMES_PER_TURN; done++) {
      const entry = this.#held ?? queue.take();
      this.#held = null;
      if (entry === undefined) {
        for (const resolve of this.#idle.splice(0)) resolve();
        return;
      }
      const calm = queue.length < FRAMES_PER_TURN;
      if (sink.queuedBytes > sinkBytes || !this.#handOver(entry, calm)) {
        this.#held = entry;
        this.#scheduled = true;
        setTimeout(this.#turn, FULL_PAUSE_MS);
        return;
      }
    }
    this.wake();
  };

  #handOver(entry: Received, calm: boolean): boolean {
    const { sink, observe } = this.#options;
    if (entry.kind === 'gap') {
      const sequence = sink.append(entry.gap);
      if (sequence === null) return false;
      observe(entry, '', calm, sequence);
      return true;
    }
    const sequence = sink.append({
      type: 'frame',
      connection_id: entry.connectionId,
      connection_sequence: entry.connectionSequence,
      received_at: formatInstant(entry.wallMicros),
      received_mono_ns: String(entry.monoNs),
      payload_sha256: hash('sha256', entry.payload, 'hex'),
      raw_text: entry.payload,
    });
    if (sequence === null) return false;
    observe(entry, calm ? entry.payload.toString('utf8') : '', calm, sequence);
    return true;
  }
}
