import type { MarketSocket, SocketEnd } from '../polymarket/market-socket.ts';
import type { ConnectionOptions } from './connection.ts';
import { Intake } from './intake.ts';

export interface BesideOptions extends Omit<ConnectionOptions, 'slot' | 'turn'> {
  readonly id: string;
  readonly tokens: readonly string[];
}

/** How long the other side may take to answer the close frame; frames go on arriving until then. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * A connection beside a slot's own one, for some tokens, for a while. Its frames are archived as received under an id
 * of its own. It writes no gap when it opens and when it is closed, for nothing is missing then; it never reconnects.
 */
export class Beside {
  readonly tokens: readonly string[];
  readonly #options: BesideOptions;
  readonly #intake: Intake;
  readonly #socket: MarketSocket;
  readonly #startedMs: number;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #lastPingMs = 0;
  #isOpen = false;
  #state: 'connecting' | 'asked' | 'answered' | 'closing' | 'ended' = 'connecting';

  constructor(options: BesideOptions) {
    const { id, tokens, clock, metrics } = options;
    this.#options = options;
    this.tokens = tokens;
    this.#startedMs = Number(clock.mono()) / 1e6;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    metrics.besideConnections.inc();
    this.#intake = new Intake(options);
    this.#socket = this.#intake.open(id, {
      open: () => this.#opened(),
      frame: (payload) => this.#frame(payload),
      binary: (bytes) => this.#socket.terminate(`a binary frame of ${bytes} bytes`),
      end: (end) => this.#end(end),
    });
  }

  /** The service told what it has of the tokens: from now on nothing about them is missed. */
  get isAnswered(): boolean {
    return this.#state === 'answered';
  }

  get isClosing(): boolean {
    return this.#state === 'closing';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Called several times a second; `nowMs` is of the monotonic clock. */
  tick(nowMs: number): void {
    const { feed, settings } = this.#options;
    if (this.#state === 'connecting' || this.#state === 'asked') {
      const limit = feed.requestTimeout + settings.firstMessageTimeout;
      if (nowMs - this.#startedMs > limit) this.#socket.terminate(`no answer within ${limit} ms`);
    } else if (this.#state === 'answered' && nowMs - this.#lastPingMs >= settings.pingInterval) {
      this.#lastPingMs = nowMs;
      this.#socket.ping();
    }
  }

  /** Closes it, recording what is still on its way; resolves once nothing more can come. */
  async close(limitMs = CLOSE_LIMIT_MS): Promise<void> {
    if (this.#state === 'ended') return;
    const limit = setTimeout(
      () => this.#socket.terminate('the other side did not answer the close frame'),
      limitMs,
    );
    if (this.#state !== 'closing') this.#socket.close();
    this.#state = 'closing';
    await this.#ended;
    clearTimeout(limit);
  }

  #opened(): void {
    this.#isOpen = true;
    if (this.#state !== 'connecting') return;
    this.#state = 'asked';
    this.#socket.subscribe(this.tokens);
  }

  #frame(payload: Buffer): void {
    const { kind } = this.#intake.frame(payload);
    if (kind !== 'announcement' && this.#state === 'asked') this.#state = 'answered';
  }

  #end({ code, status, detail }: SocketEnd): void {
    const { id, logger } = this.#options;
    const isClosing = this.#state === 'closing';
    this.#state = 'ended';
    if (this.#isOpen && !(isClosing && code === CLOSED_IN_ORDER)) {
      this.#intake.gap('disconnect', `code ${code}: ${detail}`);
    }
    if (!isClosing) {
      logger.warn({ connection_id: id, code, status, detail }, 'connection beside ended early');
    }
    this.#resolveEnded();
  }
}

/** The other side answered our close frame with its code (RFC 6455, 5.5.1). */
const CLOSED_IN_ORDER = 1000;
