import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { OrderbooksError } from '../errors.ts';

/** One condition of a probe, in words a person reads in `kubectl describe`. */
export interface Condition {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface ProbeSources {
  readonly registry: Registry;
  /** False only for what a restart would cure. */
  health(): readonly Condition[];
  /** False while the process does not do its work, whatever the cause. */
  readiness(): readonly Condition[];
  /** Answers GET and HEAD of every other path; without it there is nothing else. */
  pages?(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface ProbeServer {
  /** The port that was taken: the one asked for, or a free one for 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** A probe is a few hundred bytes; who needs longer to send one is not a kubelet. */
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Serves `/healthz`, `/readyz` (200 or 503, JSON with each condition) and `/metrics` (Prometheus text).
 * Throws `PROBE_PORT_UNAVAILABLE` when the port cannot be had.
 */
export async function serveProbes(port: number, sources: ProbeSources): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    answer(request, response, sources).catch((error: unknown) =>
      send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sources: ProbeSources,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    send(response, 405, 'text/plain', 'expected GET\n');
    return;
  }
  switch (url.split('?')[0]) {
    case '/healthz':
      sendConditions(response, sources.health());
      return;
    case '/readyz':
      sendConditions(response, sources.readiness());
      return;
    case '/metrics':
      send(response, 200, sources.registry.contentType, await sources.registry.metrics());
      return;
    default:
      if (sources.pages !== undefined) return sources.pages(request, response);
      send(response, 404, 'text/plain', 'expected /healthz, /readyz or /metrics\n');
  }
}

function sendConditions(response: ServerResponse, conditions: readonly Condition[]): void {
  const ok = conditions.every((condition) => condition.ok);
  send(response, ok ? 200 : 503, 'application/json', `${JSON.stringify({ ok, conditions })}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new OrderbooksError(
          'PROBE_PORT_UNAVAILABLE',
          `expected to listen on port ${port} (http.port) for probes and metrics: ${error.message}`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, resolve);
  });
}
