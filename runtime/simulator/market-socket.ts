import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Batch } from './batch.ts';
import { Connection, type ConnectionSettings } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import { openingBook } from './frames.ts';
import { HandshakeFaults } from './handshake-faults.ts';
import { Load } from './load.ts';
import type { Market } from './market.ts';
import { type ClientFrame, parseClientFrame } from './subscription.ts';

export const MARKET_PATH = '/ws/market';
/** Far above the 200 KB at which the service itself gives up (facts/polymarket.md §3, limits). */
const MAXIMUM_CLIENT_FRAME = 16 * 1024 * 1024;
/** A few thousand ids, or 200 KB, in one message end the connection this soon (facts §3, limits). */
const OVERSIZED_TOKENS = 2_500;
const OVERSIZED_CHARACTERS = 200_000;
const OVERSIZED_ENDS_AFTER = 150;
/** Tokens of one connection that get an opening book (facts §3, limits: 500, others say 750). */
const SNAPSHOT_CEILING = 500;

/** Sends something to a client that has just subscribed, instead of the generated markets. */
export type Player = (connection: Connection) => void;

export interface MarketSocketOptions {
  readonly connection: ConnectionSettings;
  readonly exchange: Exchange;
  readonly faults: Faults;
  /** Null unless recorded frames are served. */
  readonly player: Player | null;
  /** Milliseconds after which each connection is reset, 0 for never. */
  readonly disconnectEvery: number;
  /** Frames per second to each connection beside those of the markets. */
  readonly load: number;
}

interface Client {
  readonly connection: Connection;
  readonly tokens: Set<string>;
  custom: boolean;
  playing: boolean;
}

/** The market websocket (facts/polymarket.md §3). */
export class MarketSocket {
  readonly #options: MarketSocketOptions;
  readonly #clients = new Map<number, Client>();
  readonly #server: WebSocketServer;
  readonly #handshakes: HandshakeFaults;
  readonly #load: Load;
  #accepted = 0;
  #ignored = 0;
  #handedBefore = 0;
  #flushedBefore = 0;

  constructor(server: Server, options: MarketSocketOptions) {
    this.#options = options;
    this.#handshakes = new HandshakeFaults(options.faults);
    this.#load = new Load(
      options.connection.clock,
      () => this.#clients.values(),
      () => options.faults.active('load')?.frames ?? options.load,
    );
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAXIMUM_CLIENT_FRAME,
    });
    this.#server.on('headers', (headers) => headers.push('Server: cloudflare'));
    server.on('connection', (socket) => void this.#handshakes.reset(socket));
    server.on('upgrade', (request, socket, head) => {
      if (this.#handshakes.refuse(socket)) return;
      if (request.url?.split('?')[0] !== MARKET_PATH) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request));
    });
  }

  get connections(): readonly Connection[] {
    return [...this.#clients.values()].map((client) => client.connection);
  }

  /** Every token that some connection is subscribed to. */
  get subscribedTokens(): readonly string[] {
    return [...new Set([...this.#clients.values()].flatMap((client) => [...client.tokens]))];
  }

  statistics(): object {
    const open = [...this.#clients.values()];
    const sum = (of: (connection: Connection) => number) =>
      open.reduce((total, client) => total + of(client.connection), 0);
    return {
      connections_accepted: this.#accepted,
      connections_open: open.length,
      frames_handed: this.#handedBefore + sum((connection) => connection.handed),
      frames_flushed: this.#flushedBefore + sum((connection) => connection.flushed),
      client_frames_ignored: this.#ignored,
      connections: open.map(({ connection, tokens, custom }) => ({
        number: connection.number,
        opened_at: connection.openedAt,
        remote_port: connection.remotePort,
        tokens: tokens.size,
        custom_features: custom,
        frames_handed: connection.handed,
        frames_flushed: connection.flushed,
        backlog_bytes: connection.backlog,
      })),
    };
  }

  deliver(batch: Batch): void {
    if (this.#options.player !== null) return;
    const events = batch.events.filter((event) => !this.#options.faults.loses(event.json));
    for (const client of this.#clients.values()) {
      const { number } = client.connection;
      const texts = events
        .filter(
          (event) =>
            audible(event.audience, event.tokens, client) &&
            !this.#options.faults.withholds(number, event.tokens),
        )
        .map((event) => event.json);
      if (texts.length === 0) continue;
      if (batch.array) client.connection.send(`[${texts.join(',')}]`);
      else for (const text of texts) client.connection.send(text);
    }
  }

  /** Ends the connections all of whose tokens are settled, once one of them has just been. */
  settled(market: Market): void {
    if (this.#options.player !== null) return;
    const { exchange } = this.#options;
    for (const { tokens, connection } of this.#clients.values()) {
      if (!Object.values(market.tokens).some((token) => tokens.has(token))) continue;
      const all = [...tokens].every((token) => {
        const other = exchange.byToken(token);
        return other !== undefined && exchange.isSettled(other);
      });
      if (all) connection.close('resolved');
    }
  }

  async close(): Promise<void> {
    this.#load.stop();
    this.#handshakes.close();
    for (const { connection } of this.#clients.values()) connection.cut('shutdown');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(ws: WebSocket, request: IncomingMessage): void {
    const { connection: settings, disconnectEvery } = this.#options;
    const socket: Socket = request.socket;
    const connection = new Connection(++this.#accepted, ws, socket, settings);
    const client: Client = { connection, tokens: new Set(), custom: false, playing: false };
    this.#clients.set(connection.number, client);
    // Without a listener a broken socket would end the process; `close` follows and tells the ledger.
    ws.on('error', () => undefined);
    ws.on('close', (code) => {
      this.#clients.delete(connection.number);
      connection.ended(code);
      this.#handedBefore += connection.handed;
      this.#flushedBefore += connection.flushed;
    });
    ws.on('ping', () => connection.received());
    ws.on('message', (data, binary) => {
      if (connection.frozen) return;
      connection.received();
      if (binary || !connection.open) return;
      const text = String(data);
      const frame = parseClientFrame(text);
      if (this.#isOversized(frame, text)) {
        connection.after(OVERSIZED_ENDS_AFTER, () => connection.cut('cut'));
      } else this.#handle(client, frame);
    });
    if (disconnectEvery > 0) connection.after(disconnectEvery, () => connection.cut('reset'));
  }

  #handle(client: Client, frame: ClientFrame): void {
    switch (frame.kind) {
      case 'ping':
        this.#pong(client.connection);
        return;
      case 'subscribe':
        this.#subscribe(client, frame);
        return;
      case 'unsubscribe':
        for (const token of frame.tokens) client.tokens.delete(token);
        return;
      case 'ignored':
        this.#ignored += 1;
    }
  }

  #isOversized(frame: ClientFrame, text: string): boolean {
    if (frame.kind !== 'subscribe') return false;
    const limit = this.#options.faults.active('subscribe-limit')?.tokens ?? OVERSIZED_TOKENS;
    return frame.tokens.length > limit || text.length > OVERSIZED_CHARACTERS;
  }

  #pong(connection: Connection): void {
    const { pongLag } = this.#options.faults;
    if (pongLag > 0) connection.after(pongLag, () => connection.send('PONG'));
    else connection.send('PONG');
  }

  #subscribe(client: Client, frame: Extract<ClientFrame, { kind: 'subscribe' }>): void {
    const added = frame.tokens.filter((token) => !client.tokens.has(token));
    for (const token of frame.tokens) client.tokens.add(token);
    client.custom = frame.custom ?? client.custom;
    const { player } = this.#options;
    if (player !== null) {
      if (!client.playing) player(client.connection);
      client.playing = true;
      return;
    }
    if (!frame.opening && added.length === 0) {
      client.connection.send('NO NEW ASSETS');
      return;
    }
    if (!frame.dump) return;
    const ceiling = this.#options.faults.active('snapshot-ceiling')?.tokens ?? SNAPSHOT_CEILING;
    const seen = new Set([...client.tokens].slice(0, ceiling));
    const asked = frame.opening ? frame.tokens : added;
    const shown = asked.filter((token) => seen.has(token));
    // Beyond the ceiling there is no dump, not even an empty one.
    if (asked.length > 0 && shown.length === 0) return;
    const late = this.#options.faults.active('late-dump')?.milliseconds ?? 0;
    if (late === 0) this.#dump(client.connection, shown);
    else client.connection.after(late, () => this.#dump(client.connection, shown));
  }

  /** Books of the tokens that have one, in one array; nothing tells of the others (facts §3). */
  #dump(connection: Connection, tokens: readonly string[]): void {
    const { exchange, faults } = this.#options;
    const books = [...new Set(tokens)].flatMap((token) => {
      const market = exchange.byToken(token);
      const feed = market === undefined ? undefined : exchange.feed(market);
      if (market === undefined || feed === undefined) return [];
      if (faults.withholds(connection.number, [token])) return [];
      return [openingBook(feed.book, market.tokens.Up === token ? 'Up' : 'Down')];
    });
    if (faults.withholds(connection.number, [])) return;
    connection.send(books.length === 0 ? '[]' : `[${books.join(',')}]\n`);
  }
}

function audible(
  audience: Batch['events'][number]['audience'],
  tokens: readonly string[],
  client: Client,
): boolean {
  if (audience === 'global') return client.custom;
  if (audience === 'custom' && !client.custom) return false;
  return tokens.some((token) => client.tokens.has(token));
}
