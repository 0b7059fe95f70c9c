import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedHttp {
  /** Where requests to the recorded address go. */
  readonly origin: string;
  close(): Promise<void>;
}

const JSON_TYPE = 'application/json';
const SMALL = {
  ok: true,
  state: 'open',
  n: 3,
  f: 1.5,
  list: [1, 'two', null],
  obj: { a: { b: 'c' } },
  s: '1.10',
  nul: null,
};
/** Longer than any time-out of the recordings that waits for it. */
const SLOW_MS = 2_000;

/** The small server that the http steps of the recordings talked to (oracles/promotions.md, "Where it ran"). */
export async function serveHttp(): Promise<RecordedHttp> {
  const asked = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://http.test');
    const [, first = '', second = ''] = pathname.split('/');
    const json = (value: unknown) => {
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'X-Test': 'yes' });
      response.end(JSON.stringify(value));
    };
    const plain = (type: string, text: string) => {
      response.writeHead(200, { 'Content-Type': type });
      response.end(text);
    };
    if (first === 'json') json(SMALL);
    else if (first === 'status') {
      response.writeHead(Number(second), { 'Content-Type': JSON_TYPE });
      response.end('{}');
    } else if (first === 'after') {
      const n = (asked.get(pathname) ?? 0) + 1;
      asked.set(pathname, n);
      json({ done: n > Number(second), n });
    } else if (first === 'echo') void echo(request, search.slice(1)).then(json);
    else if (first === 'text') plain('text/plain', 'plain text');
    else if (first === 'textjson') plain('text/plain', '{"a": 1}');
    else if (first === 'yaml') plain('application/yaml', 'a: 1\nb: [x, y]\n');
    else if (first === 'badjson') plain(JSON_TYPE, '{not json');
    else if (first === 'list') json([1, 2, 3]);
    else if (first === 'redirect') {
      response.writeHead(302, { Location: '/json' });
      response.end();
    } else if (first === 'slow') timers.add(setTimeout(() => json(SMALL), SLOW_MS));
    else plain(JSON_TYPE, '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function echo(request: IncomingMessage, query: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return {
    method: request.method,
    body: Buffer.concat(chunks).toString('utf8'),
    ct: request.headers['content-type'] ?? '',
    xa: request.headers['x-a'] ?? '',
    auth: request.headers.authorization ?? '',
    query,
  };
}
