import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { codeAndMessageOf } from '../thrown.ts';
import { parseRetryAfter } from './http.ts';

/** How one websocket ended, or why it never opened. */
export interface SocketEnd {
  /** `refused`: it never opened. `closed`: it was open. */
  readonly kind: 'refused' | 'closed';
  /** Websocket close code; 1006 without a close frame; 0 if never open. */
  readonly code: number;
  /** HTTP status of a refused handshake, 0 without an answer. */
  readonly status: number;
  /** One line for people: reason, error, start of an HTML body. */
  readonly detail: string;
  readonly retryAfterMs: number | null;
}

export interface SocketEvents {
  open(): void;
  /** A text frame, its payload untouched. Called for each frame in the order of arrival. */
  frame(payload: Buffer): void;
  /** A binary frame, which this feed never sends. */
  binary(bytes: number): void;
  /** Called once, and nothing after it. */
  end(end: SocketEnd): void;
}

/** Ids per subscribe message: a few thousand in one get the connection closed (facts/polymarket.md §3, Limits). */
export const TOKENS_PER_SUBSCRIBE = 100;
/** 496 books are 1.4 MB (facts/polymarket.md §3); a frame far above that is hostile, and memory is finite. */
export const MAX_FRAME_BYTES = 33_554_432;
/**
 * Reads of the socket that one frame may take. Each keeps a page of memory until the frame is whole, however few bytes
 * it brought; a frame of 1.4 MB takes a thousand of them where every packet is read by itself.
 */
const MAX_FRAME_PIECES = 16_384;
/** What `ws` gives as code when the connection just ended (RFC 6455, 7.1.5). */
const NO_CLOSE_FRAME = 1006;
/** The start of a refusal's body is enough to know a Cloudflare page from a plain refusal. */
const REFUSAL_BODY_BYTES = 400;

/** One connection to the market channel, from handshake to end. It never reconnects: who holds it decides. */
export class MarketSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  readonly #handshakeLimit: NodeJS.Timeout;
  #subscribed = false;
  #opened = false;
  #ended = false;
  #problem = '';

  constructor(
    options: {
      readonly url: string;
      readonly userAgent: string;
      readonly handshakeTimeoutMs: number;
      readonly maxFrameBytes?: number;
    },
    events: SocketEvents,
  ) {
    this.#events = events;
    this.#socket = new WebSocket(options.url, {
      // The feed is small text and compression costs both sides time in which the server's buffer for us fills.
      perMessageDeflate: false,
      maxPayload: options.maxFrameBytes ?? MAX_FRAME_BYTES,
      maxBufferedChunks: MAX_FRAME_PIECES,
      headers: { 'user-agent': options.userAgent },
    });
    // The library's own limit begins anew with every byte: an answer that trickles would hold us for hours.
    const { handshakeTimeoutMs } = options;
    this.#handshakeLimit = setTimeout(
      () => this.terminate(`no whole answer to the handshake within ${handshakeTimeoutMs} ms`),
      handshakeTimeoutMs,
    );
    this.#socket.on('message', (data, isBinary) => {
      // `binaryType` is `nodebuffer`: data is always a Buffer.
      const payload = data as Buffer;
      if (isBinary) events.binary(payload.length);
      else events.frame(payload);
    });
    this.#socket.on('open', () => {
      this.#opened = true;
      clearTimeout(this.#handshakeLimit);
      events.open();
    });
    this.#socket.on('error', (error) => {
      this.#problem ||= codeAndMessageOf(error);
      // The stream is broken (a frame too large, no UTF-8): `ws` would read on until the other side answers its close
      // frame, for up to 30 s in which nothing is recorded.
      if (this.#opened) this.#socket.terminate();
    });
    this.#socket.on('unexpected-response', (request, response) => {
      this.#refuse(response, () => request.destroy());
    });
    this.#socket.on('close', (code, reason) => {
      const texts = [reason.toString('utf8'), this.#problem].filter((text) => text !== '');
      this.#end({
        kind: this.#opened ? 'closed' : 'refused',
        code: this.#opened ? code : 0,
        status: 0,
        detail: texts.join('; ') || (code === NO_CLOSE_FRAME ? 'broke without a close frame' : ''),
        retryAfterMs: null,
      });
    });
  }

  /** The first subscription opens the channel (`type: market`), later ones add to it. There is no acknowledgement. */
  subscribe(tokens: readonly string[]): void {
    for (const chunk of chunks(tokens)) {
      const opening = this.#subscribed ? { operation: 'subscribe' } : {};
      const type = this.#subscribed ? {} : { type: 'market' };
      this.#subscribed = true;
      this.#send({ ...opening, assets_ids: chunk, ...type, custom_feature_enabled: true });
    }
  }

  unsubscribe(tokens: readonly string[]): void {
    for (const chunk of chunks(tokens)) this.#send({ operation: 'unsubscribe', assets_ids: chunk });
  }

  /** The feed's own heartbeat: text, answered by the text `PONG` behind all data that waits. */
  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send('PING');
  }

  /** Says goodbye; frames go on arriving until the other side has answered. */
  close(): void {
    this.#socket.close(1000, 'recorder stops');
  }

  /** Ends at once, for sockets that no longer answer. */
  terminate(why: string): void {
    this.#problem ||= why;
    this.#socket.terminate();
  }

  #send(message: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #refuse(response: IncomingMessage, destroy: () => void): void {
    const chunksOfBody: Buffer[] = [];
    let bytes = 0;
    clearTimeout(this.#handshakeLimit);
    const finish = () => {
      clearTimeout(limit);
      const body = Buffer.concat(chunksOfBody).toString('utf8').replaceAll(/\s+/g, ' ').trim();
      destroy();
      this.#end({
        kind: 'refused',
        code: 0,
        status: response.statusCode ?? 0,
        detail: `handshake answered with status ${response.statusCode}: ${body.slice(0, REFUSAL_BODY_BYTES)}`,
        retryAfterMs: parseRetryAfter(response.headers['retry-after'], Date.now()),
      });
    };
    const limit = setTimeout(finish, REFUSAL_BODY_TIMEOUT_MS);
    response.on('data', (chunk: Buffer) => {
      if (bytes < REFUSAL_BODY_BYTES) chunksOfBody.push(chunk);
      bytes += chunk.length;
      if (bytes >= REFUSAL_BODY_BYTES) finish();
    });
    response.on('end', finish);
    response.on('error', finish);
  }

  #end(end: SocketEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#handshakeLimit);
    this.#events.end(end);
  }
}

/** A refusal whose body trickles in must not keep us from trying again. */
const REFUSAL_BODY_TIMEOUT_MS = 2_000;

function* chunks(tokens: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < tokens.length; from += TOKENS_PER_SUBSCRIBE) {
    yield tokens.slice(from, from + TOKENS_PER_SUBSCRIBE);
  }
}
