import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observability/logger.ts';
import { serveProbes } from '../../observability/server.ts';
import { type Answer, textAnswer } from './answer.ts';
import type { LatestVerdicts } from './latest-verdicts.ts';
import type { ServiceMetrics } from './metrics.ts';
import { answerTo, type Site } from './routes.ts';
import type { Guard } from './token.ts';

export interface EvidenceServer {
  readonly port: number;
  /** Answers what was asked already, then ends. */
  close(): Promise<void>;
}

/** Each may hold a document; more people than this do not look at once. */
const MAX_AT_ONCE = 32;
/** For answers under way at the end: less than the pod's grace period, more than one look at the cluster. */
const DRAIN_MS = 8_000;

/** What a page may do in a browser: nothing but show itself. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Serves the site beside `/healthz`, `/readyz` and `/metrics`, which ask for no token. */
export async function serveEvidence(
  port: number,
  {
    site,
    verdicts,
    metrics,
    guard,
    logger,
  }: {
    readonly site: Site;
    readonly verdicts: LatestVerdicts;
    readonly metrics: ServiceMetrics;
    readonly guard: Guard;
    readonly logger: Logger;
  },
): Promise<EvidenceServer> {
  const underWay = new Set<Promise<void>>();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer = !guard(request.headers.authorization)
      ? UNAUTHORIZED
      : underWay.size >= MAX_AT_ONCE
        ? BUSY
        : await answerTo(path, site);
    metrics.requests.inc({ status: String(answer.status) });
    logger.debug({ path, status: answer.status }, 'answered');
    send(request, response, answer);
  };
  const probes = await serveProbes(port, {
    registry: metrics.registry,
    health: () => [{ name: 'alive', ok: true, detail: 'the process answers' }],
    readiness: () => [verdicts.condition],
    async pages(request, response) {
      const served = serve(request, response);
      const settled = served.catch(() => undefined).finally(() => underWay.delete(settled));
      underWay.add(settled);
      await served;
    },
  });
  return {
    port: probes.port,
    async close() {
      const limit = new AbortController();
      await Promise.race([
        Promise.all(underWay),
        delay(DRAIN_MS, undefined, { signal: limit.signal }).catch(() => undefined),
      ]);
      limit.abort();
      await probes.close();
    },
  };
}

const UNAUTHORIZED: Answer = {
  ...textAnswer(
    401,
    'Expected the token of this service: as a bearer token, or as the password of any user.\n',
  ),
  headers: { 'www-authenticate': 'Basic realm="orderbooks evidence", charset="UTF-8"' },
};
const BUSY: Answer = {
  ...textAnswer(503, `More than ${MAX_AT_ONCE} requests at once; ask again in a second.\n`),
  headers: { 'retry-after': '1' },
};

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, immutable, headers }: Answer,
): void {
  const tag = immutable === null ? null : `"${immutable}"`;
  const known = tag !== null && request.headers['if-none-match'] === tag;
  response.writeHead(known ? 304 : status, {
    ...HEADERS,
    ...headers,
    ...(tag === null
      ? { 'cache-control': 'no-store' }
      : { 'cache-control': 'private, max-age=86400, immutable', etag: tag }),
    ...(known
      ? {}
      : { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) }),
  });
  response.end(known ? undefined : body);
}
