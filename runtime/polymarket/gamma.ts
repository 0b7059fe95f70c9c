import { z } from 'zod';
import { OrderbooksError } from '../errors.ts';
import type { HttpClient } from './http.ts';

/** Slugs per `/events?slug=…&slug=…`: lists are silently capped at 100 (facts/polymarket.md §2). */
export const SLUGS_PER_REQUEST = 50;
/** Events per keyset page; the service allows 500 (facts/polymarket.md §2). */
export const KEYSET_PAGE = 500;
/** A series has about 300 open events; more pages than this mean a cursor that leads nowhere. */
export const MAX_KEYSET_PAGES = 10;

/** `outcomes` and `clobTokenIds` come as JSON text, sometimes as real arrays (facts/polymarket.md §2, Traps). */
const textList = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}, z.array(z.string()));

const gammaMarket = z.object({
  slug: z.string(),
  conditionId: z.string(),
  outcomes: textList,
  clobTokenIds: textList.nullish(),
  /** When the window opens; `startDate` is when the market was listed, a day earlier. */
  eventStartTime: z.string().nullish(),
  /** When the window ends. */
  endDate: z.string().nullish(),
  closed: z.boolean().nullish(),
  active: z.boolean().nullish(),
});
export type GammaMarket = z.infer<typeof gammaMarket>;

/** What an answer of Gamma held: markets that could be read, and what could not, in words. */
export interface GammaMarkets {
  readonly markets: readonly GammaMarket[];
  readonly unreadable: readonly { readonly slug: string; readonly reason: string }[];
}

/** Why Gamma gave no usable answer; `retryAfterMs` when it said when to ask again. */
export class GammaError extends OrderbooksError {
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null) {
    super('GAMMA_UNUSABLE', message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Markets of the events with these slugs (at most `SLUGS_PER_REQUEST`). Slugs that do not exist are absent; rows that
 * were not asked for, as when the filter is ignored, are dropped by the caller, who knows the slugs.
 * Throws `GammaError`.
 */
export async function marketsBySlug(
  client: HttpClient,
  gammaUrl: string,
  slugs: readonly string[],
  signal?: AbortSignal,
): Promise<GammaMarkets> {
  const query = new URLSearchParams(slugs.map((slug): [string, string] => ['slug', slug]));
  query.append('limit', '100');
  const body = await get(client, `${base(gammaUrl)}/events?${query}`, signal);
  if (!Array.isArray(body)) throw new GammaError('expected an array of events from /events', null);
  return readEvents(body);
}

/** All open events of a series, page by page. Throws `GammaError`, also when the cursor does not advance. */
export async function marketsBySeries(
  client: HttpClient,
  gammaUrl: string,
  seriesId: string,
  signal?: AbortSignal,
): Promise<GammaMarkets> {
  const markets: GammaMarket[] = [];
  const unreadable: { slug: string; reason: string }[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_KEYSET_PAGES; page++) {
    const query = new URLSearchParams({
      series_id: seriesId,
      closed: 'false',
      limit: String(KEYSET_PAGE),
    });
    if (cursor !== undefined) query.append('after_cursor', cursor);
    const answer = keysetPage.safeParse(
      await get(client, `${base(gammaUrl)}/events/keyset?${query}`, signal),
    );
    if (!answer.success) {
      throw new GammaError('expected {"events":[…],"next_cursor":"…"} from /events/keyset', null);
    }
    const read = readEvents(answer.data.events);
    markets.push(...read.markets);
    unreadable.push(...read.unreadable);
    const next = answer.data.next_cursor ?? '';
    if (next === '') return { markets, unreadable };
    if (cursors.has(next)) {
      throw new GammaError(
        `/events/keyset gave the cursor ${next} twice: it does not advance`,
        null,
      );
    }
    cursors.add(next);
    cursor = next;
  }
  throw new GammaError(`/events/keyset did not end within ${MAX_KEYSET_PAGES} pages`, null);
}

/**
 * Id of the series with this slug, or null when Gamma does not list it. The rows decide, because a filter that Gamma
 * does not know is ignored without a word (facts/polymarket.md §2). Throws `GammaError`.
 */
export async function seriesId(
  client: HttpClient,
  gammaUrl: string,
  slug: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const body = await get(
    client,
    `${base(gammaUrl)}/series?${new URLSearchParams({ slug })}`,
    signal,
  );
  if (!Array.isArray(body)) throw new GammaError('expected an array of series from /series', null);
  const rows = body.map((row) => seriesRow.safeParse(row));
  return rows.find((row) => row.success && row.data.slug === slug)?.data?.id ?? null;
}

const seriesRow = z.object({ id: z.string(), slug: z.string() });
const keysetPage = z.object({ events: z.array(z.unknown()), next_cursor: z.string().nullish() });
const eventShell = z.object({ slug: z.string().default(''), markets: z.array(z.unknown()) });

function readEvents(rows: readonly unknown[]): GammaMarkets {
  const markets: GammaMarket[] = [];
  const unreadable: { slug: string; reason: string }[] = [];
  for (const row of rows) {
    const event = eventShell.safeParse(row);
    if (!event.success) {
      unreadable.push({ slug: slugOf(row), reason: `event: ${explain(event.error)}` });
      continue;
    }
    for (const inner of event.data.markets) {
      const market = gammaMarket.safeParse(inner);
      if (market.success) markets.push(market.data);
      else {
        unreadable.push({
          slug: slugOf(inner) || event.data.slug,
          reason: `market: ${explain(market.error)}`,
        });
      }
    }
  }
  return { markets, unreadable };
}

async function get(client: HttpClient, url: string, signal: AbortSignal | undefined) {
  const answer = await client.send({
    url,
    method: 'GET',
    ...(signal === undefined ? {} : { signal }),
  });
  const where = url.split('?')[0];
  if (answer.error !== null) throw new GammaError(`${where}: ${answer.error}`, answer.retryAfterMs);
  if (answer.status !== 200) {
    const text = answer.body.replaceAll(/\s+/g, ' ').slice(0, 160);
    throw new GammaError(
      `${where}: expected status 200, got ${answer.status}: ${text}`,
      answer.retryAfterMs,
    );
  }
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    const text = answer.body.replaceAll(/\s+/g, ' ').slice(0, 160);
    throw new GammaError(`${where}: expected JSON, got ${text}`, answer.retryAfterMs);
  }
}

function base(url: string): string {
  return url.replace(/\/+$/, '');
}

function slugOf(row: unknown): string {
  const slug =
    typeof row === 'object' && row !== null && 'slug' in row ? (row as { slug: unknown }).slug : '';
  return typeof slug === 'string' ? slug : '';
}

function explain(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.map(String).join('.') || 'row'}: ${issue.message}`)
    .join('; ');
}
