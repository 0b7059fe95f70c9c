import { besideId } from '../archive/connection-id.ts';
import type { Configuration } from '../config/schema.ts';
import type { Clock } from '../observability/clock.ts';
import type { Logger } from '../observability/logger.ts';
import type { RestBook } from '../polymarket/clob.ts';
import { AskAgain } from './ask-again.ts';
import { AssetWatch } from './asset-watch.ts';
import { Beside } from './beside.ts';
import { BookTracker } from './book-tracker.ts';
import { BookWatch } from './book-watch.ts';
import { Connection } from './connection.ts';
import { DivergenceJudge } from './divergence.ts';
import type { FrameQueue, ReceivedFrame } from './frame-queue.ts';
import { HashCheck } from './hash-check.ts';
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

/** As long as the slot's own connection has to close. */
const STOP_GRACE_MS = 1_000;

/**
 * One of the recorder's redundant connections with what is known through it alone: its books, their comparison with
 * REST, and its silent tokens. Nothing that happens to one slot says anything about another.
 */
export class Slot {
  readonly name: string;
  readonly connection: Connection;
  readonly #options: SlotOptions;
  readonly #idPrefix: string;
  readonly #hashes = new HashCheck((market, price) => this.#tracker.noteTradePrice(market, price));
  readonly #tracker = new BookTracker(this.#hashes);
  readonly #judge = new DivergenceJudge(this.#tracker);
  readonly #assets: AssetWatch;
  readonly #books: BookWatch;
  readonly #again: AskAgain;
  #opened = 0;
  #tokens: ReadonlyMap<string, TokenWindow> = new Map();
  /** When books were last given up because frames waited, milliseconds of the monotonic clock. */
  #busyUntilMs = 0;
  #framesCounted = 0;
  #hashChecksCounted = 0;
  #missingBooks = 0;

  constructor(options: SlotOptions) {
    const { name, ...rest } = options;
    this.name = name;
    this.#options = options;
    this.#idPrefix = `${name}-`;
    this.#assets = new AssetWatch(options.settings.silenceTimeout);
    this.#books = new BookWatch(options.settings.firstMessageTimeout);
    this.connection = new Connection({ slot: name, ...rest });
    this.#again = new AskAgain({
      open: (tokens) => new Beside({ id: besideId(name, ++this.#opened), tokens, ...rest }),
      renew: (tokens) => this.connection.resubscribe(tokens),
      lastSeen: (token) => this.#tracker.lastSeen(token),
      lastBook: (token) => this.#tracker.lastBook(token),
      silenceMs: options.settings.silenceTimeout,
    });
    this.refreshMetrics();
  }

  /** Whether a connection of that id is or was of this slot. */
  owns(connectionId: string): boolean {
    return connectionId.startsWith(this.#idPrefix);
  }

  setTokens(tokens: ReadonlyMap<string, TokenWindow>): void {
    this.#tokens = tokens;
    const kept = new Set(tokens.keys());
    for (const part of [this.#tracker, this.#hashes, this.#judge]) part.keepOnly(kept);
    this.connection.setTokens(tokens);
  }

  /** Takes in a frame of this slot that is with the archive. `calm` is false while more wait. */
  observe(frame: ReceivedFrame, text: string, calm: boolean): void {
    const monoMs = Number(frame.monoNs) / 1e6;
    // Books are for metrics only: under load they are given up before a frame is.
    if (calm) {
      const changedAt = this.#tracker.observe(text, monoMs);
      if (changedAt === null) return;
      const lag = frame.wallMicros / 1e6 - changedAt / 1e3;
      this.#options.metrics.eventLagSeconds.observe(Math.max(0, lag));
    } else {
      this.forgetBooks();
      this.#busyUntilMs = monoMs;
    }
  }

  /** Frames of this slot may be missing: its books are no longer known. */
  forgetBooks(): void {
    this.#tracker.forget();
    this.#hashes.forget();
  }

  /** Books of one REST answer, to be compared. Times are milliseconds of the monotonic clock. */
  submit(books: readonly RestBook[], requestedAt: number, receivedAt: number): void {
    this.#judge.submit(books, requestedAt, receivedAt);
    this.#books.shown(
      books.map((book) => book.asset_id),
      receivedAt,
    );
  }

  /** What is due several times a second: settles comparisons, asks again for tokens that are silent or lack a book. */
  tick(mono: bigint): void {
    const monoMs = Number(mono) / 1e6;
    this.#reportDivergences(monoMs);
    this.#again.tick(monoMs, this.#options.clock.wallMicros(mono) / 1000, this.#tokens);
    const openedAt = this.connection.openedAtMs;
    if (openedAt === null) {
      this.#missingBooks = 0;
      return;
    }
    const silent = this.#silentTokens(mono, openedAt);
    const bookless = this.#tokensWithoutBook(monoMs, openedAt);
    this.#again.ask([...new Set([...silent, ...bookless])], monoMs);
  }

  /** Closes the connections, recording what is still on its way; resolves once nothing more can come. */
  async stop(): Promise<void> {
    await Promise.all([this.connection.stop(), this.#again.stop(STOP_GRACE_MS)]);
  }

  #reportDivergences(monoMs: number): void {
    const { metrics, logger } = this.#options;
    // Named `token_id`, because a field `token` is taken for a secret and redacted.
    for (const { token: token_id, ...divergence } of this.#judge.settle(monoMs)) {
      metrics.divergences.inc();
      logger.warn(
        { slot: this.name, token_id, ...divergence },
        'the book of the stream differs from that of REST',
      );
    }
    for (const { token: token_id, ...divergence } of this.#hashes.take()) {
      metrics.hashDivergences.inc();
      logger.warn(
        { slot: this.name, token_id, ...divergence },
        'the book lacks a change: it no longer has the hash that the stream publishes',
      );
    }
  }

  /** Reports tokens that are silent, and returns those to ask for again. */
  #silentTokens(mono: bigint, openedAtMs: number): readonly string[] {
    const { clock, metrics, logger } = this.#options;
    const { silent, askAgain } = this.#assets.look(
      this.#tokens,
      (token) => this.#tracker.lastSeen(token),
      clock.wallMicros(mono) / 1000,
      Number(mono) / 1e6,
      Math.max(openedAtMs, this.#busyUntilMs),
    );
    if (silent.length > 0) {
      metrics.assetSilences.inc(silent.length);
      logger.warn({ slot: this.name, token_ids: silent }, 'tokens are silent');
    }
    return askAgain;
  }

  /** Reports tokens whose opening book never came, and returns those to ask for again. */
  #tokensWithoutBook(monoMs: number, openedAt: number): readonly string[] {
    const { metrics, logger } = this.#options;
    const sources = {
      subscribed: this.connection.subscribed,
      lastBook: (token: string) => this.#tracker.lastBook(token),
      lastSeen: (token: string) => this.#tracker.lastSeen(token),
    };
    const connection = { id: this.connection.id, openedAt };
    const missing = this.#books.look(connection, sources, monoMs, this.#busyUntilMs);
    this.#missingBooks = missing.count;
    if (missing.found.length > 0) {
      metrics.missingBooks.inc(missing.found.length);
      logger.warn(
        { slot: this.name, token_ids: missing.found },
        'tokens have no opening book and are asked for again',
      );
    }
    return missing.askAgain;
  }

  refreshMetrics(): void {
    const { metrics } = this.#options;
    const slot = this.name;
    const { frames, isOpen, lastDataMicros } = this.connection;
    metrics.slotFrames.inc({ slot }, frames - this.#framesCounted);
    this.#framesCounted = frames;
    metrics.hashChecks.inc(this.#hashes.checks - this.#hashChecksCounted);
    this.#hashChecksCounted = this.#hashes.checks;
    metrics.slotMissingBooks.set({ slot }, this.#missingBooks);
    metrics.slotOpen.set({ slot }, isOpen ? 1 : 0);
    metrics.slotLastDataFrame.set({ slot }, lastDataMicros / 1e6);
  }
}
