import type { Market, Outcome } from './market.ts';
import { type MarketBook, ONE, priceText, type Side, sizeText } from './market-book.ts';

/**
 * Texts of the market websocket. Key order is that of the wire (facts/polymarket.md §3), which is why every
 * object is written out; `event_type` is never first.
 */

export const OUTCOMES: readonly Outcome[] = ['Up', 'Down'];

/** Tags of the real 5m markets (facts §2); the last one of the others is modelled on theirs. */
export function tagsOf(market: Market): string[] {
  const cadence = market.window.cadence.toUpperCase();
  return [
    'Crypto',
    'Bitcoin',
    'Crypto Prices',
    'Recurring',
    'Up or Down',
    'Hide From New',
    cadence,
  ];
}

/** One element of the array that answers a subscription. Only here are tick size and last trade price. */
export function openingBook(book: MarketBook, outcome: Outcome): string {
  const { market, asset_id, timestamp, bids, asks, tick_size, last_trade_price } =
    book.summary(outcome);
  return JSON.stringify({
    market,
    asset_id,
    timestamp,
    hash: book.hash(outcome),
    bids,
    asks,
    tick_size,
    event_type: 'book',
    last_trade_price,
  });
}

/** A book sent again after a trade. */
export function laterBook(book: MarketBook, outcome: Outcome): string {
  const { market, asset_id, timestamp, bids, asks } = book.summary(outcome);
  const hash = book.hash(outcome);
  return JSON.stringify({ market, asset_id, bids, asks, hash, timestamp, event_type: 'book' });
}

/** A change of one level of Up, which is also one of Down. */
export interface LevelChange {
  readonly side: Side;
  readonly price: number;
  /** Absolute size after the change, 0 when the level is gone. */
  readonly size: number;
}

/**
 * Both legs of every change, with the hashes and best prices of the book as it stands now: apply the whole burst
 * first. `first` says whose leg leads.
 */
export function priceChange(
  book: MarketBook,
  changes: readonly LevelChange[],
  first: Outcome,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  const legs = first === 'Up' ? OUTCOMES : OUTCOMES.toReversed();
  const tokens = legs.map((outcome) => ({
    outcome,
    hash: book.hash(outcome),
    ...book.bestTexts(outcome),
  }));
  return JSON.stringify({
    market: book.market.conditionId,
    price_changes: changes.flatMap((change) =>
      tokens.map((token) => ({
        asset_id: book.market.tokens[token.outcome],
        price: priceText(token.outcome === 'Up' ? change.price : ONE - change.price),
        size: sizeText(change.size),
        side: token.outcome === 'Up' ? change.side : mirrored(change.side),
        hash: token.hash,
        best_bid: token.bid,
        best_ask: token.ask,
      })),
    ),
    timestamp: String(book.changedAt),
    ...extra,
    event_type: 'price_change',
  });
}

export interface Trade {
  readonly outcome: Outcome;
  /** Price of that outcome's token, in thousandths. */
  readonly price: number;
  /** Shares, up to six decimals. */
  readonly size: string;
  readonly side: Side;
  readonly at: number;
  /** 64 hex digits. */
  readonly transaction: string;
}

export function lastTradePrice(market: Market, trade: Trade): string {
  return JSON.stringify({
    market: market.conditionId,
    asset_id: market.tokens[trade.outcome],
    price: priceText(trade.price),
    size: trade.size,
    fee_rate_bps: '0',
    side: trade.side,
    timestamp: String(trade.at),
    event_type: 'last_trade_price',
    transaction_hash: `0x${trade.transaction}`,
  });
}

export function bestBidAsk(book: MarketBook, outcome: Outcome, at: number): string {
  const { bid, ask } = book.bestTexts(outcome);
  return JSON.stringify({
    market: book.market.conditionId,
    asset_id: book.market.tokens[outcome],
    best_bid: bid,
    best_ask: ask,
    spread: priceText(Math.round(Number(ask) * ONE) - Math.round(Number(bid) * ONE)),
    timestamp: String(at),
    event_type: 'best_bid_ask',
  });
}

/** One for each token (facts §3). Ticks are thousandths. */
export function tickSizeChange(
  market: Market,
  outcome: Outcome,
  ticks: { readonly before: number; readonly after: number },
  at: number,
): string {
  return JSON.stringify({
    market: market.conditionId,
    asset_id: market.tokens[outcome],
    old_tick_size: priceText(ticks.before),
    new_tick_size: priceText(ticks.after),
    timestamp: String(at),
    event_type: 'tick_size_change',
  });
}

export function newMarket(market: Market, at: number): string {
  const { slug } = market.window;
  const tokens = [market.tokens.Up, market.tokens.Down];
  const description = `Resolves to "Up" if Bitcoin ends the window of ${slug} no lower than it began.`;
  return JSON.stringify({
    id: market.id,
    question: market.question,
    market: market.conditionId,
    slug,
    description,
    assets_ids: tokens,
    outcomes: OUTCOMES,
    event_message: {
      id: market.eventId,
      ticker: slug,
      slug,
      title: market.question,
      description,
    },
    timestamp: String(at),
    event_type: 'new_market',
    tags: tagsOf(market),
    condition_id: market.conditionId,
    active: false,
    clob_token_ids: tokens,
    sports_market_type: '',
    line: '',
    game_start_time: '',
    order_price_min_tick_size: '0.01',
    group_item_title: '',
    taker_base_fee: '1000',
    fees_enabled: true,
    fee_schedule: { exponent: '1', rate: '0.07', taker_only: true, rebate_rate: '0.2' },
  });
}

export function marketResolved(market: Market, at: number): string {
  return JSON.stringify({
    id: market.id,
    market: market.conditionId,
    assets_ids: [market.tokens.Up, market.tokens.Down],
    winning_asset_id: market.tokens[market.winner],
    winning_outcome: market.winner,
    event_message: null,
    timestamp: String(at),
    event_type: 'market_resolved',
    tags: tagsOf(market),
  });
}

/** An event that no client knows yet. */
export function surprise(market: Market, at: number): string {
  return JSON.stringify({
    market: market.conditionId,
    asset_id: market.tokens.Up,
    note: { text: 'a, "b", c', list: [1, null, true] },
    timestamp: String(at),
    event_type: 'simulated_surprise',
  });
}

/** The form of December 2025 to May 2026: a space after every comma that is not part of a text. */
export function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|,/g, (part) => (part === ',' ? ', ' : part));
}

function mirrored(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY';
}
