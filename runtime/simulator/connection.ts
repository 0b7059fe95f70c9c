import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from './clock.ts';
import { type Ending, frameDigest, type LedgerSink } from './ledger.ts';

/** Bytes given to a socket before earlier ones have left the process; the rest waits, so that it can be counted. */
const IN_SOCKET_BYTES = 256 * 1024;
/** Reason texts as seen on the wire (facts/polymarket.md §3, "Closes and failures"). */
const CLOSE = {
  slow_consumer: [1013, 'slow consumer: send buffer full'],
  resolved: [1000, 'all subscribed assets resolved'],
  going_away: [1001, 'going away'],
  normal: [1000, ''],
} as const;

export type GracefulEnding = keyof typeof CLOSE;

export interface ConnectionSettings {
  readonly clock: Clock;
  /** Null when nobody keeps a ledger. */
  readonly ledger: LedgerSink | null;
  /** Waiting bytes above which the client is too slow. */
  readonly slowConsumerBytes: number;
  /** Milliseconds without a byte in either direction. */
  readonly idleClose: number;
}

/** One client: an ordered queue of text frames towards it, and the ways in which its connection can end. */
export class Connection {
  readonly number: number;
  readonly openedAt: number;
  readonly remotePort: number;
  handed = 0;
  flushed = 0;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #timers = new Set<Timer>();
  readonly #pauses = new Set<() => void>();
  #waiting: string[] = [];
  /** Index in `#waiting` of the first that still waits. */
  #head = 0;
  #waitingBytes = 0;
  #inSocket = 0;
  #lastTraffic: number;
  #ending: Ending | null = null;
  #unsent = 0;
  #room: (() => void) | null = null;
  #frozen = false;
  /** Bytes go past the websocket library: nothing may come between them. */
  #held = false;

  constructor(number: number, ws: WebSocket, socket: Socket, settings: ConnectionSettings) {
    this.number = number;
    this.#ws = ws;
    this.#socket = socket;
    this.#settings = settings;
    this.openedAt = settings.clock.now();
    this.#lastTraffic = this.openedAt;
    this.remotePort = socket.remotePort ?? 0;
    settings.ledger?.({
      type: 'open',
      connection: number,
      at: this.openedAt,
      local_port: socket.localPort ?? 0,
      remote_port: this.remotePort,
    });
    this.#watchIdle();
  }

  /** True until its end was decided by either side. */
  get open(): boolean {
    return this.#ending === null && this.#ws.readyState === this.#ws.OPEN;
  }

  /** True while this side plays dead. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Bytes that the client has not taken yet, as far as this process sees them. */
  get backlog(): number {
    return this.#waitingBytes + this.#inSocket;
  }

  /** The client sent something. */
  received(): void {
    this.#lastTraffic = this.#settings.clock.now();
  }

  send(text: string): void {
    if (!this.open || this.#frozen) return;
    this.#waiting.push(text);
    this.#waitingBytes += Buffer.byteLength(text);
    this.#pump();
    if (this.backlog > this.#settings.slowConsumerBytes) this.close('slow_consumer');
  }

  /** Resolves when less than `IN_SOCKET_BYTES` wait, or the connection has ended. */
  async room(): Promise<void> {
    if (!this.open || this.backlog < IN_SOCKET_BYTES) return;
    await new Promise<void>((resolve) => {
      this.#room = resolve;
    });
  }

  /** Runs `action` later unless the connection has ended by then. */
  after(milliseconds: number, action: () => void): void {
    const timer = this.#settings.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      if (this.open) action();
    });
    this.#timers.add(timer);
  }

  /** Resolves after `milliseconds`, or at once when the connection ends. */
  async pause(milliseconds: number): Promise<void> {
    if (!this.open) return;
    await new Promise<void>((resolve) => {
      this.#pauses.add(resolve);
      this.after(milliseconds, () => {
        this.#pauses.delete(resolve);
        resolve();
      });
    });
  }

  /** Plays a peer that vanished without FIN: sends nothing, reads nothing, answers no close frame. */
  freeze(): void {
    this.#frozen = true;
    this.#dropWaiting();
    this.#ws.pause();
  }

  /**
   * Sends a data frame of bytes that the websocket library would not send, as fast as the client takes it. The ledger
   * has it, if it is `text`, once all of it was handed over; it is not if the connection ended before.
   */
  async sendForeign(
    kind: 'text' | 'binary',
    pieces: Iterable<Buffer>,
    bytes: number,
  ): Promise<void> {
    if (!this.open || this.#frozen || this.#held) return;
    this.#held = true;
    const hash = createHash('sha256');
    this.#socket.write(frameHeader(kind === 'text' ? 0x81 : 0x82, bytes));
    for (const piece of pieces) {
      if (this.#socket.destroyed) return;
      hash.update(piece);
      if (!this.#socket.write(piece)) await drained(this.#socket);
    }
    if (this.#socket.destroyed) return;
    this.#held = false;
    if (kind === 'text') {
      this.#count(bytes, () => hash.digest('hex'));
      this.flushed += 1;
    }
    if (this.open) this.#pump();
  }

  /** Ends with a close frame whose reason is no UTF-8. */
  closeWithInvalidReason(): void {
    if (this.#ending !== null) return;
    this.#ending = 'invalid_reason';
    this.#dropWaiting();
    // 1011 in two bytes, then bytes that begin no character.
    const body = Buffer.from([0x03, 0xf3, 0xff, 0xfe, 0xfd]);
    this.#socket.write(Buffer.concat([frameHeader(0x88, body.length), body]));
  }

  /** Ends with a close frame, behind what the socket already has; what waits for the socket is dropped. */
  close(ending: GracefulEnding): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#dropWaiting();
    const [code, reason] = CLOSE[ending];
    this.#ws.close(code, reason);
  }

  /** Ends without a close frame: `reset` by RST, the others by FIN. */
  cut(ending: 'reset' | 'cut' | 'idle' | 'shutdown'): void {
    this.#ending ??= ending;
    this.#dropWaiting();
    if (ending === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** The socket is gone; `code` as the websocket library saw it. */
  ended(code: number): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#dropWaiting();
    this.#settings.ledger?.({
      type: 'close',
      connection: this.number,
      at: this.#settings.clock.now(),
      ended: this.#ending ?? 'client',
      code,
      handed: this.handed,
      flushed: this.flushed,
      unsent: this.#unsent,
    });
    this.#ending ??= 'client';
  }

  #pump(): void {
    if (this.#held || this.#frozen) return;
    while (this.#inSocket < IN_SOCKET_BYTES) {
      const text = this.#waiting[this.#head];
      if (text === undefined) break;
      this.#head += 1;
      this.#hand(text);
    }
    // Cut off what was handed over only once it is the greater part: each frame then moves at most once.
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (this.backlog < IN_SOCKET_BYTES) this.#wake();
  }

  #hand(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#waitingBytes -= bytes;
    this.#inSocket += bytes;
    this.#count(bytes, () => frameDigest(text));
    this.#ws.send(text, (error) => {
      this.#inSocket -= bytes;
      // An error means that the connection is over; `ended` tells how, and `flushed` stays behind `handed`.
      if (error !== undefined && error !== null) return;
      this.flushed += 1;
      if (this.open) this.#pump();
    });
  }

  /** Tells the ledger of a frame that is handed over. */
  #count(bytes: number, digest: () => string): void {
    const at = this.#settings.clock.now();
    const sequence = this.handed++;
    this.#lastTraffic = at;
    this.#settings.ledger?.({
      type: 'frame',
      connection: this.number,
      sequence,
      at,
      bytes,
      sha256: digest(),
    });
  }

  #dropWaiting(): void {
    this.#unsent += this.#waiting.length - this.#head;
    this.#waiting = [];
    this.#head = 0;
    this.#waitingBytes = 0;
    this.#wake();
    for (const resolve of this.#pauses) resolve();
    this.#pauses.clear();
  }

  #wake(): void {
    const room = this.#room;
    this.#room = null;
    room?.();
  }

  #watchIdle(): void {
    const { clock, idleClose } = this.#settings;
    const left = this.#lastTraffic + idleClose - clock.now();
    if (left <= 0) this.cut('idle');
    else this.after(left, () => this.#watchIdle());
  }
}

/** Header of an unmasked frame (RFC 6455, 5.2); `first` is its first byte. */
function frameHeader(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** Resolves once the socket takes more, or is gone. */
async function drained(socket: Socket): Promise<void> {
  const end = new AbortController();
  await Promise.race([
    once(socket, 'drain', { signal: end.signal }),
    once(socket, 'close', { signal: end.signal }),
    // Whichever did not happen is called off, which rejects it; a broken socket also ends in `close`.
  ]).catch(() => undefined);
  end.abort();
}
