import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface FeedClient {
  readonly socket: WebSocket;
  readonly tcp: Socket;
  readonly request: IncomingMessage;
  /** Text messages of the client, oldest first. */
  readonly messages: string[];
}

export interface FeedServer {
  readonly url: string;
  readonly clients: FeedClient[];
  /** Handshakes answered with this instead of an upgrade; taken from the front. */
  readonly refusals: { status: number; headers?: Record<string, string>; body: string }[];
  close(): Promise<void>;
}

/** A market channel that does only what the test says. `onMessage` sees every text of a client. */
export async function feedServer(
  onMessage: (client: FeedClient, text: string) => void = () => undefined,
  onOpen: (client: FeedClient) => void = () => undefined,
): Promise<FeedServer> {
  const http = createServer();
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const clients: FeedClient[] = [];
  const refusals: FeedServer['refusals'] = [];
  http.on('upgrade', (request, tcp, head) => {
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      const headers = Object.entries(refusal.headers ?? {}).map(([k, v]) => `${k}: ${v}\r\n`);
      tcp.end(
        `HTTP/1.1 ${refusal.status} Refused\r\n${headers.join('')}content-length: ${Buffer.byteLength(refusal.body)}\r\n\r\n${refusal.body}`,
      );
      return;
    }
    websockets.handleUpgrade(request, tcp, head, (socket) => {
      const client: FeedClient = { socket, tcp: tcp as Socket, request, messages: [] };
      clients.push(client);
      socket.on('message', (data) => {
        const text = data.toString();
        client.messages.push(text);
        onMessage(client, text);
      });
      // A reset by the recorder is part of these tests.
      socket.on('error', () => undefined);
      onOpen(client);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws/market`,
    clients,
    refusals,
    close: () =>
      new Promise((resolve) => {
        for (const client of websockets.clients) client.terminate();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

/** Resolves as soon as `condition` holds; fails after `limitMs` with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 25_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
