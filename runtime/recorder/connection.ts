import type { Configuration } from '../config/schema.ts';
import { nowMicros } from '../observability/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { Backoff } from '../polymarket/backoff.ts';
import type { MarketSocket, SocketEnd } from '../polymarket/market-socket.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import { Subscription, type TokenWindow } from './subscription.ts';
import { silenceOf, watchInterval } from './watchdog.ts';

export interface ConnectionOptions extends IntakeOptions {
  /** Which of the recorder's connections this is; part of every connection id. */
  readonly slot: string;
  readonly settings: Configuration['recorder'];
  readonly logger: Logger;
  /** Milliseconds to leave other connections alone before the next attempt; asked again until it is 0. */
  readonly turn?: () => number;
}

/** A connection that lived this long was no failed attempt: the next one may come at once again. */
const STABLE_AFTER_MS = 5_000;
/** How soon to ask again for a turn: the connections that it waits for may have ended meanwhile. */
const TURN_PAUSE_MS = 100;
/** How long a closing connection may take to hand over what is still on its way. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Keeps one websocket of the market channel open and subscribed for ever: opens it as soon as there are tokens, watches
 * it, reconnects with backoff and never gives up. Every text frame goes to the queue untouched; everything that may
 * have cost frames goes there as a gap.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #intake: Intake;
  readonly #backoff: Backoff;
  readonly #watch: NodeJS.Timeout;
  readonly #subscription = new Subscription();
  #socket: MarketSocket | null = null;
  #isOpen = false;
  #frames = 0;
  #lastDataMicros = 0;
  #stalled = false;
  #stopping = false;
  #attempts = 0;
  #everOpened = false;
  #reconnect: NodeJS.Timeout | null = null;
  #id = '';
  #openedMono = 0n;
  #lastFrameMono = 0n;
  #lastDataMono = 0n;
  #lastPingMono = 0n;
  #subscribedMono = 0n;
  #answered = false;
  #lastWatchMono: bigint;
  #ended: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#intake = new Intake(options);
    const { settings } = options;
    this.#backoff = new Backoff(settings.reconnectInitial, settings.reconnectMaximum);
    this.#lastWatchMono = options.clock.mono();
    this.#watch = setInterval(() => this.#check(), watchInterval(settings));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True from the start of an attempt to the end of what came of it. */
  get isLive(): boolean {
    return this.#socket !== null;
  }

  /** Text frames received by this slot so far. */
  get frames(): number {
    return this.#frames;
  }

  /** When this slot received its newest data frame, microseconds since 1970; 0 if it never did. */
  get lastDataMicros(): number {
    return this.#lastDataMicros;
  }

  /** Since when the connection is open, milliseconds of the monotonic clock; null while it is not. */
  get openedAtMs(): number | null {
    return this.#isOpen ? Number(this.#openedMono) / 1e6 : null;
  }

  get id(): string {
    return this.#id;
  }

  /** Tokens that the open connection was asked for. */
  get subscribed(): ReadonlySet<string> {
    return this.#subscription.tokens;
  }

  /** Tokens to be subscribed from now on. New ones are added to the open connection, others are unsubscribed. */
  setTokens(wanted: ReadonlyMap<string, TokenWindow>): void {
    this.#subscription.want(wanted);
    if (this.#socket === null) {
      if (this.#reconnect === null) this.#connect();
      return;
    }
    if (this.#isOpen) this.#alignSubscription();
  }

  /** Ends and renews the subscription of tokens. Between the two nothing of them comes: `AskAgain` sees to that. */
  resubscribe(tokens: readonly string[]): void {
    const here = tokens.filter((token) => this.#subscription.has(token));
    if (!this.#isOpen || here.length === 0) return;
    this.#socket?.unsubscribe(here);
    this.#socket?.subscribe(here);
  }

  /** Closes the connection, recording what is still on its way; resolves once nothing more can come. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watch);
    if (this.#reconnect !== null) clearTimeout(this.#reconnect);
    const socket = this.#socket;
    if (socket === null) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(
        () => socket.terminate('the other side did not answer the close frame'),
        CLOSE_GRACE_MS,
      );
      this.#ended = () => {
        clearTimeout(limit);
        resolve();
      };
      socket.close();
    });
  }

  #connect(): void {
    this.#reconnect = null;
    if (this.#stopping || this.#socket !== null || this.#subscription.isEmpty) return;
    const wait = this.#options.turn?.() ?? 0;
    if (wait > 0) {
      this.#reconnect = setTimeout(() => this.#connect(), Math.min(wait, TURN_PAUSE_MS));
      return;
    }
    this.#attempts++;
    this.#id = `${this.#options.slot}-${this.#attempts}`;
    this.#stalled = false;
    this.#subscription.forget();
    this.#socket = this.#intake.open(this.#id, {
      open: () => this.#opened(),
      frame: (payload) => this.#frame(payload),
      binary: (bytes) => this.#binary(bytes),
      end: (end) => this.#end(end),
    });
  }

  #opened(): void {
    const { clock, metrics, logger } = this.#options;
    this.#isOpen = true;
    this.#openedMono = clock.mono();
    this.#lastFrameMono = this.#openedMono;
    this.#lastDataMono = this.#openedMono;
    this.#lastPingMono = this.#openedMono;
    metrics.connectionsOpen.inc();
    if (this.#everOpened) metrics.reconnects.inc();
    this.#everOpened = true;
    this.#alignSubscription();
    this.#intake.gap('connect', `subscribed to ${this.#subscription.size} tokens`);
    this.#intake.recorded(clock.wallMicros(this.#openedMono));
    logger.info(
      { connection_id: this.#id, tokens: this.#subscription.size },
      'connection is open and subscribed',
    );
    if (this.#stopping) this.#socket?.close();
  }

  #frame(payload: Buffer): void {
    const { kind, monoNs, wallMicros } = this.#intake.frame(payload);
    this.#frames++;
    this.#lastFrameMono = monoNs;
    if (kind === 'data') {
      this.#options.metrics.lastDataFrame.set(wallMicros / 1e6);
      this.#lastDataMono = monoNs;
      this.#lastDataMicros = wallMicros;
      this.#answered = true;
    } else if (kind === 'none' && payload.length !== PONG_BYTES) {
      this.#answered = true;
    }
  }

  #binary(bytes: number): void {
    const { metrics, logger } = this.#options;
    const detail = `a binary frame of ${bytes} bytes: the feed is text, and only text is kept`;
    metrics.binaryFrames.inc();
    logger.warn({ connection_id: this.#id, bytes }, detail);
    this.#intake.refuse(detail);
  }

  #end(end: SocketEnd): void {
    const { metrics } = this.#options;
    const wasOpen = this.#isOpen;
    this.#socket = null;
    this.#isOpen = false;
    if (wasOpen) {
      metrics.connectionsOpen.dec();
      if (!this.#stopping) metrics.disconnects.inc();
    } else if (!this.#stopping) metrics.refusals.inc();
    if (this.#stopping) {
      this.#ended?.();
      return;
    }
    this.#recordEnd(end, wasOpen);
    this.#subscription.forget();
    this.#scheduleReconnect(end, wasOpen);
  }

  #recordEnd(end: SocketEnd, wasOpen: boolean): void {
    const { logger } = this.#options;
    const status = end.status === 0 ? '' : ` (status ${end.status})`;
    const detail = wasOpen ? `code ${end.code}: ${end.detail}` : `${end.detail}${status}`;
    // A stall has written its own gap, which says more than the end that we made ourselves.
    if (!this.#stalled) {
      this.#intake.gap(wasOpen ? 'disconnect' : 'refused', detail);
    }
    logger.warn(
      { connection_id: this.#id, code: end.code, status: end.status, detail },
      wasOpen ? 'connection ended' : 'connection refused',
    );
    if (end.code === 1000 && /resolved/i.test(end.detail)) {
      this.#subscription.noteResolved(nowMicros(this.#options.clock) / 1000);
    }
  }

  #scheduleReconnect(end: SocketEnd, wasOpen: boolean): void {
    const { clock, logger } = this.#options;
    const lived = wasOpen ? Number(clock.mono() - this.#openedMono) / 1e6 : 0;
    if (lived >= STABLE_AFTER_MS && !this.#stalled) this.#backoff.reset();
    const delay = this.#backoff.next(end.retryAfterMs ?? 0);
    logger.info({ delay_ms: delay }, 'connecting again after a pause');
    this.#reconnect = setTimeout(() => this.#connect(), delay);
  }

  #alignSubscription(): void {
    const first = this.#subscription.size === 0;
    const { added, gone } = this.#subscription.align();
    if (added.length > 0) {
      this.#socket?.subscribe(added);
      // A connection that already answers owes no new first message: some tokens have no book yet.
      if (first) {
        this.#answered = false;
        this.#subscribedMono = this.#options.clock.mono();
      }
    }
    if (gone.length > 0) this.#socket?.unsubscribe(gone);
  }

  #check(): void {
    const { clock, settings, metrics, logger } = this.#options;
    const now = clock.mono();
    const late = msBetween(this.#lastWatchMono, now) > 3 * watchInterval(settings) + 1_000;
    this.#lastWatchMono = now;
    if (!this.#isOpen) return;
    if (msBetween(this.#lastPingMono, now) >= settings.pingInterval) {
      this.#lastPingMono = now;
      this.#socket?.ping();
    }
    // If this process itself stood still, what came meanwhile is unread: judge at the next turn.
    if (late) return;
    const silence = silenceOf(
      {
        sinceSubscribedMs: msBetween(this.#subscribedMono, now),
        sinceFrameMs: msBetween(this.#lastFrameMono, now),
        sinceDataMs: msBetween(this.#lastDataMono, now),
        answered: this.#answered || this.#subscription.size === 0,
        windowOpenForMs: this.#subscription.openForMs(clock.wallMicros(now) / 1000),
      },
      settings,
    );
    if (silence === null) return;
    this.#stalled = true;
    metrics.stalls.inc();
    logger.warn({ connection_id: this.#id, silence }, 'connection is silent and will be replaced');
    this.#intake.gap('stall', silence);
    this.#socket?.terminate(silence);
  }
}

const PONG_BYTES = 'PONG'.length;

function msBetween(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}
