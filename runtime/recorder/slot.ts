import type { Configuration } from '../config/schema.ts';
import type { Clock } from '../observability/clock.ts';
import type { Logger } from '../observability/logger.ts';
import type { RestBook } from '../polymarket/clob.ts';
import { AssetWatch } from './asset-watch.ts';
import { BookTracker } from './book-tracker.ts';
import { Connection } from './connection.ts';
import { DivergenceJudge } from './divergence.ts';
import type { FrameQueue, ReceivedFrame } from './frame-queue.ts';
import type { RecorderMetrics } from './metrics.ts';
import type { TokenWindow } from './subscription.ts';

export interface SlotOptions {
  /** Part of every connection id of the slot: `ws1`, `ws2`, … */
  readonly name: string;
  readonly feed: Configuration['feed'];
  readonly settings: Configuration['recorder'];
  readonly clock: Clock;
  readonly queue: FrameQueue;
  readonly metrics: RecorderMetrics;
  readonly logger: Logger;
  readonly received: () => void;
  readonly turn: () => number;
  readonly maxFrameBytes?: number;
}

/**
 * One of the recorder's redundant connections with what is known through it alone: its books, their comparison with
 * REST, and its silent tokens. Nothing that happens to one slot says anything about another.
 */
export class Slot {
  readonly name: string;
  readonly connection: Connection;
  readonly #options: SlotOptions;
  readonly #idPrefix: string;
  readonly #tracker = new BookTracker();
  readonly #judge = new DivergenceJudge(this.#tracker);
  readonly #assets: AssetWatch;
  #tokens: ReadonlyMap<string, TokenWindow> = new Map();
  /** When books were last given up because frames waited, milliseconds of the monotonic clock. */
  #busyUntilMs = 0;
  #framesCounted = 0;

  constructor(options: SlotOptions) {
    const { name, ...rest } = options;
    this.name = name;
    this.#options = options;
    this.#idPrefix = `${name}-`;
    this.#assets = new AssetWatch(options.settings.silenceTimeout);
    this.connection = new Connection({ slot: name, ...rest });
    this.refreshMetrics();
  }

  /** Whether a connection of that id is or was of this slot. */
  owns(connectionId: string): boolean {
    return connectionId.startsWith(this.#idPrefix);
  }

  setTokens(tokens: ReadonlyMap<string, TokenWindow>): void {
    this.#tokens = tokens;
    this.#tracker.keepOnly(new Set(tokens.keys()));
    this.connection.setTokens(tokens);
  }

  /** Takes in a frame of this slot that is with the archive. `calm` is false while more wait. */
  observe(frame: ReceivedFrame, text: string, calm: boolean): void {
    const monoMs = Number(frame.monoNs) / 1e6;
    // Books are for metrics only: under load they are given up before a frame is.
    if (calm) this.#tracker.observe(text, monoMs);
    else {
      this.#tracker.forget();
      this.#busyUntilMs = monoMs;
    }
  }

  /** Frames of this slot may be missing: its books are no longer known. */
  forgetBooks(): void {
    this.#tracker.forget();
  }

  /** Books of one REST answer, to be compared. Times are milliseconds of the monotonic clock. */
  submit(books: readonly RestBook[], requestedAt: number, receivedAt: number): void {
    this.#judge.submit(books, requestedAt, receivedAt);
  }

  /** What is due several times a second: settles comparisons, asks again for silent tokens. */
  tick(mono: bigint): void {
    const { clock, metrics, logger } = this.#options;
    const monoMs = Number(mono) / 1e6;
    for (const divergence of this.#judge.settle(monoMs)) {
      metrics.divergences.inc();
      logger.warn(
        { slot: this.name, ...divergence },
        'the book of the stream differs from that of REST',
      );
    }
    const openedAtMs = this.connection.openedAtMs;
    if (openedAtMs === null) return;
    const { silent, askAgain } = this.#assets.look(
      this.#tokens,
      (token) => this.#tracker.lastSeen(token),
      clock.wallMicros(mono) / 1000,
      monoMs,
      Math.max(openedAtMs, this.#busyUntilMs),
    );
    if (silent.length > 0) {
      metrics.assetSilences.inc(silent.length);
      logger.warn({ slot: this.name, token_ids: silent }, 'tokens are silent');
    }
    this.connection.resubscribe(askAgain);
  }

  refreshMetrics(): void {
    const { metrics } = this.#options;
    const slot = this.name;
    const { frames, isOpen, lastDataMicros } = this.connection;
    metrics.slotFrames.inc({ slot }, frames - this.#framesCounted);
    this.#framesCounted = frames;
    metrics.slotOpen.set({ slot }, isOpen ? 1 : 0);
    metrics.slotLastDataFrame.set({ slot }, lastDataMicros / 1e6);
  }
}
