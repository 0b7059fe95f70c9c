import { bookHash, type HashedBook, type Level } from './book-hash.ts';
import type {
  BookEvent,
  LastTradePriceEvent,
  PriceChangeEvent,
  TickSizeChangeEvent,
} from './events.ts';

/** Inputs of the hash that the websocket does not carry: take them from REST or Gamma. */
export interface BookFacts {
  readonly minOrderSize: string;
  readonly negRisk: boolean;
  /** Needed only when the first book lacks them. */
  readonly tickSize?: string;
  readonly lastTradePrice?: string;
}

/** Every Bitcoin Up/Down market (facts/polymarket.md §1, caveats of the book hash). */
export const BITCOIN_FACTS: BookFacts = { minOrderSize: '5', negRisk: false };

/** What applying an event showed about the hash it published. */
export interface BookCheck {
  readonly published: string;
  readonly computed: string;
  /**
   * False is no divergence yet: entries of one burst share the hash of its last change and may be spread over
   * several frames, and a trade price can enter the hash before it is announced.
   */
  readonly verified: boolean;
  /** Hash of the burst before this one if it ended without ever being verified. */
  readonly failedBefore: string | null;
}

/**
 * The order book of one token, followed through `book` and `price_change` events and checked against the hashes
 * that they publish (facts/polymarket.md §1, "Book hash").
 *
 * Levels are held in the order of the wire (bids ascending, asks descending) with the texts of the wire.
 */
export class OrderBook {
  readonly market: string;
  readonly assetId: string;
  readonly #facts: BookFacts;
  #timestamp: string;
  #tickSize: string;
  #lastTradePrice: string;
  #bids: Level[];
  #asks: Level[];
  #unverified: string | null = null;

  /** Starts from a `book` event. Its own hash is checked by `check()`. */
  constructor(event: BookEvent, facts: BookFacts) {
    this.market = event.market;
    this.assetId = event.asset_id;
    this.#facts = facts;
    this.#timestamp = event.timestamp;
    this.#tickSize = event.tick_size ?? facts.tickSize ?? '';
    this.#lastTradePrice = event.last_trade_price ?? facts.lastTradePrice ?? '';
    this.#bids = [...event.bids];
    this.#asks = [...event.asks];
  }

  get book(): HashedBook {
    return {
      market: this.market,
      asset_id: this.assetId,
      timestamp: this.#timestamp,
      bids: this.#bids,
      asks: this.#asks,
      min_order_size: this.#facts.minOrderSize,
      tick_size: this.#tickSize,
      neg_risk: this.#facts.negRisk,
      last_trade_price: this.#lastTradePrice,
    };
  }

  /** Price of the best bid, or null when the side is empty. */
  get bestBid(): string | null {
    return this.#bids.at(-1)?.price ?? null;
  }

  get bestAsk(): string | null {
    return this.#asks.at(-1)?.price ?? null;
  }

  hash(): string {
    return bookHash(this.book);
  }

  /** Whether the book as it stands has the hash `published`. */
  check(published: string): BookCheck {
    return this.#checked(published);
  }

  /** Replaces every level. An event of another token is an error of the caller. */
  applyBook(event: BookEvent): BookCheck {
    this.#mustBeMine(event.asset_id);
    this.#timestamp = event.timestamp;
    this.#tickSize = event.tick_size ?? this.#tickSize;
    this.#lastTradePrice = event.last_trade_price ?? this.#lastTradePrice;
    this.#bids = [...event.bids];
    this.#asks = [...event.asks];
    return this.#checked(event.hash);
  }

  /** Applies this token's entries and checks the hash of the last; null when the event holds none of this token. */
  applyPriceChange(event: PriceChangeEvent): BookCheck | null {
    let published: string | null = null;
    for (const entry of event.price_changes) {
      if (entry.asset_id !== this.assetId) continue;
      if (entry.side === 'BUY') setLevel(this.#bids, entry.price, entry.size, 1);
      else setLevel(this.#asks, entry.price, entry.size, -1);
      published = entry.hash;
    }
    if (published === null) return null;
    this.#timestamp = event.timestamp;
    return this.#checked(published);
  }

  /** The price in the hash belongs to the market: apply a trade of either token to the books of both. */
  applyLastTradePrice(event: Pick<LastTradePriceEvent, 'price'>): void {
    this.#lastTradePrice = hashedTradePrice(event.price);
  }

  applyTickSizeChange(event: Pick<TickSizeChangeEvent, 'new_tick_size'>): void {
    this.#tickSize = event.new_tick_size;
  }

  /**
   * The first of `prices` with which the book as it stands has the hash `published`, or null. For a trade that
   * entered the hash before it was announced; finding one confirms every level of the book.
   */
  tradePriceOf(published: string, prices: Iterable<string>): string | null {
    for (const price of prices) {
      const hashed = hashedTradePrice(price);
      if (bookHash({ ...this.book, last_trade_price: hashed }) === published) return hashed;
    }
    return null;
  }

  #checked(published: string): BookCheck {
    const computed = this.hash();
    const verified = computed === published;
    const failedBefore = this.#unverified === published ? null : this.#unverified;
    this.#unverified = verified ? null : published;
    return { published, computed, verified, failedBefore };
  }

  #mustBeMine(assetId: string): void {
    if (assetId !== this.assetId) {
      throw new RangeError(`expected an event of token ${this.assetId}, got one of ${assetId}`);
    }
  }
}

/** Books carry the trade price with three decimals (`0.850`), trades as short as possible (`0.85`). */
export function hashedTradePrice(price: string): string {
  return price === '' ? '' : Number(price).toFixed(3);
}

/** Sets, replaces or (size `0`) removes a level, keeping `side` sorted: `direction` 1 ascends, -1 descends. */
function setLevel(side: Level[], price: string, size: string, direction: 1 | -1): void {
  const wanted = Number(price) * direction;
  let low = 0;
  let high = side.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Number(side[middle]?.price) * direction < wanted) low = middle + 1;
    else high = middle;
  }
  const found = Number(side[low]?.price) * direction === wanted;
  if (Number(size) === 0) {
    if (found) side.splice(low, 1);
  } else {
    side.splice(low, found ? 1 : 0, { price, size });
  }
}
