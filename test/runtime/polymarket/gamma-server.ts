import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly raw?: string;
  /** Breaks the connection after `raw`. */
  readonly truncate?: boolean;
  /** Sent as it is instead of `body`. */
  readonly bytes?: Uint8Array;
  /** Sends a byte now and then and never ends. */
  readonly drip?: boolean;
  /** Never answers. */
  readonly silent?: boolean;
}

export interface ScriptedServer {
  readonly url: string;
  readonly requests: {
    readonly path: string;
    readonly query: URLSearchParams;
    readonly body: string;
  }[];
  close(): Promise<void>;
}

/** An HTTP server that answers every request with what `answer` says. */
export async function scriptedServer(
  answer: (path: string, query: URLSearchParams, body: string) => Reply,
): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://server');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ path: url.pathname, query: url.searchParams, body });
      const reply = answer(url.pathname, url.searchParams, body);
      if (reply.silent) return;
      if (reply.drip) {
        response.writeHead(200);
        const timer = setInterval(() => response.write('['), 20);
        response.once('close', () => clearInterval(timer));
        return;
      }
      const text = reply.bytes ?? reply.raw ?? JSON.stringify(reply.body);
      const length = reply.truncate ? { 'content-length': String(text.length + 100) } : {};
      response.writeHead(reply.status ?? 200, { ...length, ...reply.headers });
      if (reply.truncate) response.write(text, () => response.destroy());
      else response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A token's id as on the wire, a number of up to 78 digits. Markets that open at the same time have tokens of their own. */
function tokenOf(slug: string, outcome: string): string {
  return BigInt(`0x${createHash('sha256').update(`${slug} ${outcome}`).digest('hex')}`).toString();
}

/** An event as Gamma lists it, with what matters here; `market` overrides fields of its market. */
export function gammaEvent(slug: string, market: Readonly<Record<string, unknown>> = {}) {
  const last = Number(slug.split('-').at(-1));
  // Names without a number get their times from who asks for them.
  const open = Number.isNaN(last) ? 0 : last;
  return {
    slug,
    startDate: new Date((open - 86_400) * 1000).toISOString(),
    markets: [
      {
        slug,
        conditionId: `0x${slug.replaceAll(/[^0-9]/g, '')}`,
        startDate: new Date((open - 86_400) * 1000).toISOString(),
        eventStartTime: new Date(open * 1000).toISOString(),
        outcomes: '["Up", "Down"]',
        clobTokenIds: JSON.stringify([tokenOf(slug, 'Up'), tokenOf(slug, 'Down')]),
        active: true,
        closed: false,
        ...market,
      },
    ],
  };
}
