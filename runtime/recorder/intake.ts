import type { GapReason } from '../archive/row.ts';
import type { Configuration } from '../config/schema.ts';
import { type Clock, formatInstant, nowMicros } from '../observability/clock.ts';
import { frameKind } from '../polymarket/frame.ts';
import { MarketSocket, type SocketEvents } from '../polymarket/market-socket.ts';
import type { FrameQueue } from './frame-queue.ts';
import type { RecorderMetrics } from './metrics.ts';
import { PayloadSlab } from './payload-slab.ts';

export interface IntakeOptions {
  readonly feed: Configuration['feed'];
  readonly clock: Clock;
  readonly queue: FrameQueue;
  readonly metrics: RecorderMetrics;
  /** Called after everything that was queued, so that the drain wakes up. Must be cheap. */
  readonly received: () => void;
  readonly maxFrameBytes?: number;
}

/** What is known of a frame when it is queued. */
export interface Taken {
  readonly kind: ReturnType<typeof frameKind>;
  /** Nanoseconds of the monotonic clock. */
  readonly monoNs: bigint;
  /** Microseconds since 1970. */
  readonly wallMicros: number;
}

/**
 * The way of frames and gaps from one socket at a time into the queue: gives each frame its time and its number in the
 * connection, and each gap the instant up to which everything is recorded.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #slab = new PayloadSlab();
  #id = '';
  #sequence = 0;
  /** Of any connection of this intake: up to here frames are recorded, microseconds since 1970. */
  #recordedUntil: number | null = null;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Opens a socket. What comes from now on is of the connection `id`, whose frames are numbered from 0. */
  open(id: string, events: SocketEvents): MarketSocket {
    const { feed, maxFrameBytes } = this.#options;
    this.#id = id;
    this.#sequence = 0;
    return new MarketSocket(
      {
        url: feed.websocketUrl,
        userAgent: feed.userAgent,
        handshakeTimeoutMs: feed.requestTimeout,
        ...(maxFrameBytes === undefined ? {} : { maxFrameBytes }),
      },
      events,
    );
  }

  /** Runs for every text frame while the socket waits: stamps, counts and queues, nothing else. */
  frame(payload: Buffer): Taken {
    const { clock, queue, metrics, received } = this.#options;
    const monoNs = clock.mono();
    const wallMicros = clock.wallMicros(monoNs);
    const kept = queue.push({
      kind: 'frame',
      connectionId: this.#id,
      connectionSequence: this.#sequence++,
      wallMicros,
      monoNs,
      payload: this.#slab.keep(payload),
    });
    metrics.frames.inc();
    metrics.bytes.inc(payload.length);
    if (kept) this.#recordedUntil = wallMicros;
    else metrics.lostFrames.inc();
    const kind = frameKind(payload);
    if (kind === 'data') metrics.dataFrames.inc();
    received();
    return { kind, monoNs, wallMicros };
  }

  /** A frame that came and is not kept: it has a number, and a gap says why it is missing. */
  refuse(detail: string): void {
    this.#options.metrics.lostFrames.inc();
    this.#sequence++;
    this.gap('overflow', detail, 1);
  }

  /** Frames may be missing between what is recorded and now. */
  gap(reason: GapReason, detail: string, lostFrames?: number): void {
    const { clock, queue, received } = this.#options;
    const since = this.#recordedUntil;
    queue.pushGap({
      type: 'gap',
      connection_id: this.#id,
      reason,
      since: since === null ? null : formatInstant(since),
      at: formatInstant(nowMicros(clock)),
      detail,
      ...(lostFrames === undefined ? {} : { lost_frames: lostFrames }),
    });
    received();
  }

  /** Up to `wallMicros` nothing is missing that no gap tells of. */
  recorded(wallMicros: number): void {
    this.#recordedUntil = wallMicros;
  }
}
