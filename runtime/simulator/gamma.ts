import type { Exchange } from './exchange.ts';
import { eventRow, marketRowWithEvent, SERIES, tagRows } from './gamma-rows.ts';
import { failure, json, type Reply, type Request } from './http.ts';
import type { Market } from './market.ts';

/** Rows of a plain listing unless it asks for fewer; more are not given, and nothing says so. */
const LISTING_LIMIT = 100;
const DEFAULT_LIMIT = 20;
const KEYSET_LIMITS = { events: 500, markets: 100 } as const;

type Kind = keyof typeof KEYSET_LIMITS;

export interface GammaOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
  /** Offsets above this are refused; sources say 2,000 and 10,000 (facts/polymarket.md §2). */
  readonly offsetCeiling: number;
  /** True while markets are listed without token ids, as newly minted ones are for a while. */
  readonly blankTokens: () => boolean;
}

/** Gamma, with its traps: texts for arrays, silent limits, ignored parameters (facts/polymarket.md §2). */
export function gamma(options: GammaOptions): (request: Request) => Reply {
  return (request) => {
    const [kind, second, third, rest] = request.path.split('/').slice(1);
    if (request.method !== 'GET' || rest !== undefined) return failure(404, 'not found');
    if (kind === 'series' && second === undefined) return json(Object.values(SERIES));
    if (kind !== 'events' && kind !== 'markets') return failure(404, 'not found');
    if (second === undefined) return listing(kind, request.query, options);
    if (second === 'keyset' && third === undefined) return keyset(kind, request.query, options);
    const wanted = (market: Market) =>
      second === 'slug'
        ? market.window.slug === third
        : third === undefined && idOf(kind, market) === second;
    const found = listed(options).find(wanted);
    return found === undefined
      ? failure(404, `${kind.slice(0, -1)} not found`)
      : json(row(kind, found, options));
  };
}

function listing(kind: Kind, query: URLSearchParams, options: GammaOptions): Reply {
  const offset = count(query.get('offset'), 0);
  if (offset > options.offsetCeiling) {
    return failure(422, `offset too large, use /${kind}/keyset for deeper pagination`);
  }
  const limit = Math.min(count(query.get('limit'), DEFAULT_LIMIT), LISTING_LIMIT);
  const found = selected(kind, query, options).slice(offset, offset + limit);
  return json(found.map((market) => row(kind, market, options)));
}

function keyset(kind: Kind, query: URLSearchParams, options: GammaOptions): Reply {
  const limit = Math.min(count(query.get('limit'), DEFAULT_LIMIT), KEYSET_LIMITS[kind]);
  const all = selected(kind, query, options);
  // Only `after_cursor` is read. `cursor`, the obvious name, is one more unknown parameter: page 1 for ever.
  const after = cursorId(query.get('after_cursor'));
  if (after === null) return failure(400, 'invalid cursor');
  const start = after === '' ? 0 : all.findIndex((market) => idOf(kind, market) === after) + 1;
  const page = all.slice(start, start + limit);
  const last = page.at(-1);
  const more = last !== undefined && start + limit < all.length;
  return json({
    [kind]: page.map((market) => row(kind, market, options)),
    ...(more ? { next_cursor: cursorOf(idOf(kind, last)) } : undefined),
  });
}

function selected(kind: Kind, query: URLSearchParams, options: GammaOptions): Market[] {
  const now = options.now();
  const asked = (name: string) => {
    const values = query.getAll(name);
    return (...candidates: string[]) =>
      values.length === 0 || candidates.some((candidate) => values.includes(candidate));
  };
  const [id, slug, condition, token, series] = [
    asked('id'),
    asked('slug'),
    asked('condition_ids'),
    asked('clob_token_ids'),
    asked('series_id'),
  ];
  // One source saw `/markets?slug=` empty for closed markets; `/events?slug=` finds them (facts §2).
  const closedUnlessAsked = kind === 'markets' ? 'false' : null;
  const flag = (name: string, value: boolean, fallback: string | null = null) => {
    const wanted = query.get(name) ?? fallback;
    return (wanted !== 'true' && wanted !== 'false') || String(value) === wanted;
  };
  const inside = (name: string, at: number) => {
    const [from, to] = ['min', 'max'].map((end) => Date.parse(query.get(`${name}_${end}`) ?? ''));
    // NaN, which is what a missing or odd bound reads as, excludes nothing.
    return !(at < (from ?? Number.NaN)) && !(at > (to ?? Number.NaN));
  };
  const found = listed(options).filter(
    (market) =>
      slug(market.window.slug) &&
      id(idOf(kind, market)) &&
      condition(market.conditionId) &&
      token(market.tokens.Up, market.tokens.Down) &&
      series(SERIES[market.window.cadence].id) &&
      flag('active', now >= market.activeAt) &&
      flag('closed', now >= market.closedAt, closedUnlessAsked) &&
      flag('archived', false) &&
      inside('start_date', market.listedAt) &&
      inside('end_date', market.window.endsAt) &&
      tagged(market, query),
  );
  return ordered(kind, found, query);
}

function tagged(market: Market, query: URLSearchParams): boolean {
  const slug = query.get('tag_slug');
  const id = query.get('tag_id');
  if (slug === null && id === null) return true;
  return tagRows(market).some(
    (tag) => (slug === null || tag.slug === slug) && (id === null || tag.id === id),
  );
}

function ordered(kind: Kind, markets: readonly Market[], query: URLSearchParams): Market[] {
  const direction = query.get('ascending') === 'false' ? -1 : 1;
  const field = query.get('order');
  const key = (market: Market): number => {
    if (field === 'startDate') return market.listedAt;
    if (field === 'endDate') return market.window.endsAt;
    return Number(idOf(kind, market));
  };
  return markets.toSorted((one, other) => (key(one) - key(other)) * direction);
}

function listed(options: GammaOptions): Market[] {
  return [...options.exchange.markets()];
}

function row(kind: Kind, market: Market, options: GammaOptions): Record<string, unknown> {
  const [now, blank] = [options.now(), options.blankTokens()];
  return kind === 'events' ? eventRow(market, now, blank) : marketRowWithEvent(market, now, blank);
}

function idOf(kind: Kind, market: Market): string {
  return kind === 'events' ? market.eventId : market.id;
}

function count(text: string | null, fallback: number): number {
  return text !== null && /^\d+$/.test(text) ? Number(text) : fallback;
}

function cursorOf(id: string): string {
  return Buffer.from(JSON.stringify({ id })).toString('base64url');
}

/** The id a cursor stands for, `''` without one, null when it is none of ours. */
function cursorId(cursor: string | null): string | null {
  if (cursor === null || cursor === '') return '';
  const match = /^\{"id":"(\d+)"\}$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  return match?.[1] ?? null;
}
