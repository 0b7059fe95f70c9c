import { hashedTradePrice } from '../polymarket/book.ts';
import type { Level } from '../polymarket/book-hash.ts';
import { HashRing } from './hash-ring.ts';

export interface TrackedBook {
  /** Those that the stream published for the whole book. */
  readonly hashes: HashRing;
  readonly market: string;
  /** Of the last change, as the wire has it. */
  readonly timestamp: string;
  readonly tickSize: string;
  /** As the hash has it: three decimals, or empty. */
  readonly tradePrice: string;
  /** In the order of the wire: bids ascending, asks descending. */
  levels(): { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
}

/** Who looks at books as they change. */
export interface BookObserver {
  /** The book of `token` changed, and the stream says that its hash is now `published`. */
  changed(token: string, book: TrackedBook, published: string, at: number): void;
  /** The whole book came again: `before` is what was known, and whether its levels were other ones. */
  replaced(token: string, before: TrackedBook, differed: boolean, at: number): void;
}

/** The texts of the wire; a book that changes is one object for as long as the stream does not send it anew. */
class State implements TrackedBook {
  market = '';
  timestamp = '';
  tickSize = '';
  tradePrice = '';
  readonly hashes: HashRing;
  readonly bids: Map<string, string>;
  readonly asks: Map<string, string>;

  constructor(hashes: HashRing, bids: Map<string, string>, asks: Map<string, string>) {
    this.hashes = hashes;
    this.bids = bids;
    this.asks = asks;
  }

  levels() {
    return { bids: sorted(this.bids, 1), asks: sorted(this.asks, -1) };
  }
}

/**
 * The books of all tokens as the stream tells them. It only serves metrics: it runs after a frame is safe, takes the
 * fields it needs straight from the JSON because it sees every frame, and ignores what it does not understand.
 * `runtime/polymarket/book.ts` follows a book strictly and checks each hash, at many times the cost.
 */
export class BookTracker {
  readonly #observer: BookObserver | null;
  readonly #books = new Map<string, State>();
  readonly #lastSeen = new Map<string, number>();
  readonly #lastBook = new Map<string, number>();
  #generation = 0;

  constructor(observer: BookObserver | null = null) {
    this.#observer = observer;
  }

  /** Changes whenever books were forgotten: a comparison that spans two generations says nothing. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Takes in one text frame received at `at` (milliseconds of the monotonic clock). Returns when the service changed the
   * price that it tells of, milliseconds since 1970 of its clock, or null when it tells of none.
   */
  observe(text: string, at: number): number | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // PONG, NO NEW ASSETS and the like are no JSON and tell nothing about books.
      return null;
    }
    let changedAt: number | null = null;
    for (const event of Array.isArray(value) ? value : [value]) {
      if (!isRecord(event)) continue;
      this.#event(event, at);
      // Books carry the time of their last change, which may be long ago, and other events times of other clocks.
      if (event['event_type'] === 'price_change') changedAt = Number(event['timestamp']);
    }
    return changedAt !== null && changedAt > 0 ? changedAt : null;
  }

  book(token: string): TrackedBook | undefined {
    return this.#books.get(token);
  }

  /** The stream's hashes showed that this is the trade price inside them, though no trade was announced. */
  noteTradePrice(market: string, price: string): void {
    // The price in the hash is the market's, so that it is that of both tokens (facts/polymarket.md §1, GET /book).
    for (const book of this.#books.values()) if (book.market === market) book.tradePrice = price;
  }

  /** When anything about `token` was last received, milliseconds of the monotonic clock. */
  lastSeen(token: string): number | undefined {
    return this.#lastSeen.get(token);
  }

  /** When a whole book of `token` was last received, milliseconds of the monotonic clock. */
  lastBook(token: string): number | undefined {
    return this.#lastBook.get(token);
  }

  /** Frames were missed: until the next opening books nothing is known. */
  forget(): void {
    this.#books.clear();
    this.#generation++;
  }

  /** Lets go of tokens that are no longer recorded. */
  keepOnly(tokens: ReadonlySet<string>): void {
    for (const known of [this.#books, this.#lastSeen, this.#lastBook]) {
      for (const token of known.keys()) if (!tokens.has(token)) known.delete(token);
    }
  }

  #event(event: Readonly<Record<string, unknown>>, at: number): void {
    const { event_type: type, asset_id: token } = event;
    if (typeof token === 'string') this.#lastSeen.set(token, at);
    if (type === 'price_change' && Array.isArray(event['price_changes'])) {
      this.#changes(event['price_changes'], textOf(event['timestamp']), at);
    } else if (typeof token !== 'string') {
      return;
    } else if (type === 'book') this.#replace(token, event, at);
    else if (type === 'last_trade_price') {
      this.noteTradePrice(textOf(event['market']), hashedTradePrice(textOf(event['price'])));
    } else if (type === 'tick_size_change') {
      const book = this.#books.get(token);
      if (book !== undefined) book.tickSize = textOf(event['new_tick_size']);
    }
  }

  #replace(token: string, event: Readonly<Record<string, unknown>>, at: number): void {
    const before = this.#books.get(token);
    const book = new State(
      before?.hashes ?? new HashRing(),
      levelMap(event['bids']),
      levelMap(event['asks']),
    );
    book.market = textOf(event['market']);
    book.timestamp = textOf(event['timestamp']);
    // Only the opening book carries these two (facts/polymarket.md §3, later `book`).
    book.tickSize = textOf(event['tick_size'], before?.tickSize);
    book.tradePrice = textOf(event['last_trade_price'], before?.tradePrice);
    this.#books.set(token, book);
    this.#lastBook.set(token, at);
    if (before !== undefined && this.#observer !== null) {
      const differed = !sameMap(before.bids, book.bids) || !sameMap(before.asks, book.asks);
      this.#observer.replaced(token, before, differed, at);
    }
    this.#published(token, book, event['hash'], at);
  }

  #changes(entries: readonly unknown[], timestamp: string, at: number): void {
    // Entries of one token share the hash of the last of them, so that one look at each token is right.
    const published = new Map<string, unknown>();
    for (const entry of entries) {
      if (!isRecord(entry)) continue;
      const { asset_id: token, price, size, side } = entry;
      if (typeof token !== 'string') continue;
      this.#lastSeen.set(token, at);
      const book = this.#books.get(token);
      if (book === undefined || typeof price !== 'string' || typeof size !== 'string') continue;
      const levels = side === 'BUY' ? book.bids : book.asks;
      if (Number(size) === 0) levels.delete(price);
      else levels.set(price, size);
      book.timestamp = timestamp;
      published.set(token, entry['hash']);
    }
    for (const [token, hash] of published) {
      const book = this.#books.get(token);
      if (book !== undefined) this.#published(token, book, hash, at);
    }
  }

  #published(token: string, book: State, hash: unknown, at: number): void {
    if (typeof hash !== 'string') return;
    book.hashes.add(hash, at);
    this.#observer?.changed(token, book, hash, at);
  }
}

function textOf(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

function levelMap(levels: unknown): Map<string, string> {
  const map = new Map<string, string>();
  if (!Array.isArray(levels)) return map;
  for (const level of levels) {
    if (!isRecord(level)) continue;
    const { price, size } = level;
    if (typeof price === 'string' && typeof size === 'string') map.set(price, size);
  }
  return map;
}

function sameMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  if (one.size !== other.size) return false;
  for (const [price, size] of one) if (other.get(price) !== size) return false;
  return true;
}

function sorted(levels: ReadonlyMap<string, string>, direction: 1 | -1): Level[] {
  return [...levels]
    .map(([price, size]) => ({ price, size }))
    .sort((a, b) => (Number(a.price) - Number(b.price)) * direction);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
