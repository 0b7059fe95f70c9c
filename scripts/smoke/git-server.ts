import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../runtime/thrown.ts';

export interface GitServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Headers of a CGI answer are a few lines; more is no answer of git. */
const MOST_HEADER_BYTES = 65_536;

/**
 * Every bare repository below a folder over HTTP, by git's own `git http-backend`, for anybody to read and write: for a cluster
 * that lives as long as a test, on an address that only it and this machine reach.
 */
export async function serveGit(folder: string, host: string): Promise<GitServer> {
  const server = createServer((request, response) => {
    answer(folder, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(messageOf(error));
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One request as CGI (RFC 3875) wants it. */
async function answer(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      // Whoever has this address may push: see above.
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
    },
  });
  const ended = once(backend, 'close');
  // git may answer before it has read everything.
  const sent = pipeline(request, backend.stdin).catch(() => undefined);
  let head = Buffer.alloc(0);
  for await (const piece of backend.stdout as AsyncIterable<Buffer>) {
    if (response.headersSent) {
      if (!response.write(piece)) await once(response, 'drain');
      continue;
    }
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length < MOST_HEADER_BYTES) continue;
    if (end < 0) throw new Error('git http-backend answered without headers');
    const { status, headers } = headersOf(head.subarray(0, end).toString('latin1'));
    response.writeHead(status, headers);
    response.write(head.subarray(end + 4));
  }
  await Promise.all([ended, sent]);
  if (!response.headersSent) response.writeHead(500);
  response.end();
}

function headersOf(text: string) {
  const lines = text.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = lines.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
  const headers = lines.filter(([name]) => name.toLowerCase() !== 'status');
  return { status: Number.parseInt(status, 10), headers: Object.fromEntries(headers) };
}
