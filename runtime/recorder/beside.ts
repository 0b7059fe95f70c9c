import { formatInstant, nowMicros } from '../observability/clock.ts';
import { frameKind } from '../polymarket/frame.ts';
import { MarketSocket, type SocketEnd } from '../polymarket/market-socket.ts';
import type { ConnectionOptions } from './connection.ts';
import { PayloadSlab } from './payload-slab.ts';

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
  readonly #socket: MarketSocket;
  readonly #slab = new PayloadSlab();
  readonly #startedMs: number;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #sequence = 0;
  #lastFrameMicros: number | null = null;
  #lastPingMs = 0;
  #isOpen = false;
  #state: 'connecting' | 'asked' | 'answered' | 'closing' | 'ended' = 'connecting';

  constructor(options: BesideOptions) {
    const { tokens, feed, clock, metrics, maxFrameBytes } = options;
    this.#options = options;
    this.tokens = tokens;
    this.#startedMs = Number(clock.mono()) / 1e6;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    metrics.besideConnections.inc();
    this.#socket = new MarketSocket(
      {
        url: feed.websocketUrl,
        userAgent: feed.userAgent,
        handshakeTimeoutMs: feed.requestTimeout,
        ...(maxFrameBytes === undefined ? {} : { maxFrameBytes }),
      },
      {
        open: () => this.#opened(),
        frame: (payload) => this.#frame(payload),
        binary: (bytes) => this.#socket.terminate(`a binary frame of ${bytes} bytes`),
        end: (end) => this.#end(end),
      },
    );
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
    const { id, clock, queue, metrics, received } = this.#options;
    const monoNs = clock.mono();
    const wallMicros = clock.wallMicros(monoNs);
    const kept = queue.push({
      kind: 'frame',
      connectionId: id,
      connectionSequence: this.#sequence++,
      wallMicros,
      monoNs,
      payload: this.#slab.keep(payload),
    });
    metrics.frames.inc();
    metrics.bytes.inc(payload.length);
    if (kept) this.#lastFrameMicros = wallMicros;
    else metrics.lostFrames.inc();
    const kind = frameKind(payload);
    if (kind === 'data') metrics.dataFrames.inc();
    if (kind !== 'announcement' && this.#state === 'asked') this.#state = 'answered';
    received();
  }

  #end({ code, status, detail }: SocketEnd): void {
    const { id, clock, queue, logger, received } = this.#options;
    const isClosing = this.#state === 'closing';
    this.#state = 'ended';
    if (this.#isOpen && !(isClosing && code === CLOSED_IN_ORDER)) {
      queue.pushGap({
        type: 'gap',
        connection_id: id,
        reason: 'disconnect',
        since: this.#lastFrameMicros === null ? null : formatInstant(this.#lastFrameMicros),
        at: formatInstant(nowMicros(clock)),
        detail: `code ${code}: ${detail}`,
      });
      received();
    }
    if (!isClosing) {
      logger.warn({ connection_id: id, code, status, detail }, 'connection beside ended early');
    }
    this.#resolveEnded();
  }
}

/** The other side answered our close frame with its code (RFC 6455, 5.5.1). */
const CLOSED_IN_ORDER = 1000;
