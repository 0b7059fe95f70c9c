import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OrderbooksError } from '../errors.ts';
import { messageOf } from '../thrown.ts';

/** Bodies above this are refused: 500 tokens take 50 KB. */
const MAXIMUM_BODY = 4 * 1024 * 1024;

export interface Request {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers by itself, in a way that no reply describes; the rest of the reply is then ignored. */
  readonly deliver?: (response: ServerResponse) => void;
}

export function json(body: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(body) };
}

/** The form of every error of Gamma and CLOB: `{"error":"…"}` (facts/polymarket.md §1). */
export function failure(status: number, error: string): Reply {
  return json({ error }, status);
}

export function httpServer(answer: (request: Request) => Reply | Promise<Reply>): Server {
  const server = createServer((request, response) => {
    handle(request, answer).then(
      (reply) => write(response, reply),
      (error: unknown) => {
        write(response, failure(500, messageOf(error)));
      },
    );
  });
  // Clients keep connections alive; a closing simulator must not wait for them.
  server.keepAliveTimeout = 5000;
  return server;
}

/** Listens on an address. Port 0 takes a free one. */
export async function listen(
  server: Server,
  host: string,
  port: number,
  what: string,
  option: string,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const seen = taken ? 'it is taken' : error.message;
      reject(
        new OrderbooksError(
          taken ? 'SIMULATOR_PORT_TAKEN' : 'SIMULATOR_PORT_UNUSABLE',
          `expected to listen on ${host}:${port} for ${what}, but ${seen}; choose another port with ${option}, or 0 for a free one`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(
  request: IncomingMessage,
  answer: (request: Request) => Reply | Promise<Reply>,
): Promise<Reply> {
  const url = URL.parse(request.url ?? '/', 'http://simulator');
  if (url === null) return failure(400, 'invalid request target');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAXIMUM_BODY) return failure(413, 'Payload exceeds the limit');
    chunks.push(chunk);
  }
  return await answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: Buffer.concat(chunks).toString('utf8'),
  });
}

function write(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  if (reply.deliver !== undefined) {
    reply.deliver(response);
    return;
  }
  response.writeHead(reply.status, {
    'Content-Type': reply.type ?? 'application/json',
    'Content-Length': Buffer.byteLength(reply.body),
    Server: 'cloudflare',
    ...reply.headers,
  });
  response.end(reply.body);
}
