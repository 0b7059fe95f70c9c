import { hash } from 'node:crypto';

/** One price level. Both texts are kept as received: they enter the hash and never pass through a number. */
export interface Level {
  readonly price: string;
  readonly size: string;
}

/**
 * What the hash of a book covers, under the names of the REST answer. Bids ascend and asks descend, so the best
 * level is last on both sides. Websocket frames lack some of these fields; see `book.ts` for where they come from.
 */
export interface HashedBook {
  readonly market: string;
  readonly asset_id: string;
  /** Milliseconds since 1970 as decimal text: the moment of the last change. */
  readonly timestamp: string;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly min_order_size: string;
  readonly tick_size: string;
  readonly neg_risk: boolean;
  /** Empty when the market never traded. */
  readonly last_trade_price: string;
}

/**
 * The published hash of a book: lower-case hex SHA-1 of compact JSON with ten fields in a fixed order
 * (facts/polymarket.md §1, "Book hash"). Other fields of `book` are left out.
 */
export function bookHash(book: HashedBook): string {
  return sha1({
    market: book.market,
    asset_id: book.asset_id,
    timestamp: book.timestamp,
    hash: '',
    bids: book.bids.map(priceAndSize),
    asks: book.asks.map(priceAndSize),
    min_order_size: book.min_order_size,
    tick_size: book.tick_size,
    neg_risk: book.neg_risk,
    last_trade_price: book.last_trade_price,
  });
}

/**
 * The hash as the official clients compute it: over the object with the keys it has, in the order it has them,
 * `hash` emptied in place. Right for a REST answer as received, and for the fields of an older epoch.
 */
export function hashAsReceived(book: Readonly<Record<string, unknown>>): string {
  return sha1({ ...book, hash: '' });
}

function priceAndSize(level: Level): Level {
  return { price: level.price, size: level.size };
}

function sha1(preimage: unknown): string {
  return hash('sha1', JSON.stringify(preimage), 'hex');
}
