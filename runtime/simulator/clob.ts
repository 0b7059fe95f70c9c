import type { Exchange } from './exchange.ts';
import { OUTCOMES } from './frames.ts';
import { failure, json, type Reply, type Request } from './http.ts';
import type { Market, Outcome } from './market.ts';
import { type MarketBook, ONE, priceText } from './market-book.ts';

/** Tokens in one `POST /books` (facts/polymarket.md §1); bytes are limited too. */
const BOOKS_LIMIT = 500;
const LIST_PAGE = 1000;
const LAST_CURSOR = 'LTE=';

export interface ClobOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
  readonly booksLimitBytes: number;
}

interface Found {
  readonly book: MarketBook;
  readonly outcome: Outcome;
}

/** The public part of the CLOB's REST interface (facts/polymarket.md §1). */
export function clob(options: ClobOptions): (request: Request) => Reply {
  return (request) => {
    const { method, path } = request;
    if (path === '/books') {
      return method === 'POST' ? books(request.body, options) : failure(405, 'Method Not Allowed');
    }
    if (method !== 'GET') return failure(405, 'Method Not Allowed');
    if (path === '/ok' || path === '/') return json('OK');
    if (path === '/time') return json(Math.floor(options.now() / 1000));
    if (path === '/markets') return marketList(request.query, options);
    if (path.startsWith('/markets/')) return oneMarket(path.slice('/markets/'.length), options);
    const answer = TOKEN_ANSWERS[path];
    if (answer === undefined) return failure(404, 'not found');
    const token = request.query.get('token_id');
    if (token === null || token === '') return failure(400, 'Invalid token id');
    const found = find(token, options.exchange);
    // Unknown, settled, not yet open and malformed ids are told apart by nothing (facts §1).
    if (found === null) return failure(404, 'No orderbook exists for the requested token id');
    return answer(found, request.query);
  };
}

const TOKEN_ANSWERS: Readonly<Record<string, (found: Found, query: URLSearchParams) => Reply>> = {
  '/book': (found) => json(restBook(found)),
  '/tick-size': ({ book }) => json({ minimum_tick_size: book.tick / ONE }),
  '/neg-risk': () => json({ neg_risk: false }),
  '/midpoint': (found) => {
    const { bid, ask } = bests(found);
    return json({ mid: priceText((bid + ask) / 2) });
  },
  '/spread': (found) => {
    const { bid, ask } = bests(found);
    return json({ spread: priceText(ask - bid) });
  },
  '/price': (found, query) => {
    const side = query.get('side')?.toUpperCase();
    if (side !== 'BUY' && side !== 'SELL') return failure(400, 'Invalid side');
    const { bid, ask } = bests(found);
    return json({ price: priceText(side === 'BUY' ? bid : ask) });
  },
  '/last-trade-price': ({ book }) =>
    json({ price: book.lastTradePrice === '' ? '0.5' : book.lastTradePrice, side: 'BUY' }),
};

/** A REST book in the key order of the wire: the ten hashed fields with the hash in fourth place. */
function restBook({ book, outcome }: Found): object {
  const { market, asset_id, timestamp, ...rest } = book.summary(outcome);
  return { market, asset_id, timestamp, hash: book.hash(outcome), ...rest };
}

function books(body: string, { exchange, booksLimitBytes }: ClobOptions): Reply {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return failure(400, 'Invalid payload');
  }
  if (!Array.isArray(value) || !value.every(namesToken)) return failure(400, 'Invalid payload');
  const oversized = value.length > BOOKS_LIMIT || Buffer.byteLength(body) > booksLimitBytes;
  if (oversized) return failure(400, 'Payload exceeds the limit');
  // Tokens without a book are left out, silently.
  return json(
    value.flatMap(({ token_id }) => {
      const found = find(token_id, exchange);
      return found === null ? [] : [restBook(found)];
    }),
  );
}

function namesToken(value: unknown): value is { readonly token_id: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'token_id' in value &&
    typeof value.token_id === 'string'
  );
}

function find(token: string, exchange: Exchange): Found | null {
  const market = exchange.byToken(token);
  const feed = market === undefined ? undefined : exchange.feed(market);
  if (market === undefined || feed === undefined) return null;
  return { book: feed.book, outcome: market.tokens.Up === token ? 'Up' : 'Down' };
}

function bests({ book, outcome }: Found): { readonly bid: number; readonly ask: number } {
  const bid = book.best('BUY') ?? 0;
  const ask = book.best('SELL') ?? ONE;
  return outcome === 'Up' ? { bid, ask } : { bid: ONE - ask, ask: ONE - bid };
}

function marketList(query: URLSearchParams, options: ClobOptions): Reply {
  const all = [...options.exchange.markets()];
  const start = Number(Buffer.from(query.get('next_cursor') ?? '', 'base64').toString('utf8'));
  if (!Number.isInteger(start)) return failure(400, 'Invalid next_cursor');
  const data = start < 0 ? [] : all.slice(start, start + LIST_PAGE);
  const next = start + LIST_PAGE;
  return json({
    limit: LIST_PAGE,
    count: data.length,
    next_cursor:
      start < 0 || next >= all.length ? LAST_CURSOR : Buffer.from(String(next)).toString('base64'),
    data: data.map((market) => clobRow(market, options)),
  });
}

function oneMarket(conditionId: string, options: ClobOptions): Reply {
  const market = options.exchange.byCondition(conditionId);
  return market === undefined ? failure(404, 'market not found') : json(clobRow(market, options));
}

/** A market not yet open is blank here although Gamma already names its tokens (facts §1). */
function clobRow(market: Market, { exchange, now }: ClobOptions): object {
  const at = now();
  const hydrated = at >= market.activeAt;
  const closed = at >= market.closedAt;
  return {
    enable_order_book: hydrated,
    active: hydrated,
    closed,
    accepting_orders: exchange.feed(market) !== undefined,
    minimum_order_size: 5,
    minimum_tick_size: (exchange.feed(market)?.book.tick ?? 10) / ONE,
    condition_id: market.conditionId,
    question_id: market.conditionId,
    market_slug: market.window.slug,
    seconds_delay: 0,
    maker_base_fee: 1000,
    taker_base_fee: 1000,
    tokens: OUTCOMES.map((outcome) =>
      hydrated
        ? {
            token_id: market.tokens[outcome],
            outcome,
            price: 0.5,
            winner: closed && market.winner === outcome,
          }
        : { token_id: '', outcome: '', price: 0, winner: false },
    ),
  };
}
