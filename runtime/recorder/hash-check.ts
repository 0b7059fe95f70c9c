import { createHash } from 'node:crypto';
import { BITCOIN_FACTS } from '../polymarket/book.ts';
import { bookHash, type HashedBook } from '../polymarket/book-hash.ts';
import type { BookObserver, TrackedBook } from './book-tracker.ts';

/** A book that lacks a change: what the stream told of it does not add up to the hash that the stream published. */
export interface HashDivergence {
  readonly token: string;
  readonly publishedHash: string;
  /** Milliseconds from the first hash that did not match to the certainty. */
  readonly afterMs: number;
}

/** A book that adds up is looked at this often: at eight busy tokens well below a hundredth of a core. */
const CHECK_EVERY_MS = 50;
/** A doubtful one sooner; frames of one burst, which share a hash, are over by then (facts/polymarket.md §1, caveats). */
const RECHECK_MS = 20;
/** Trying every trade price takes milliseconds, so that is done seldom. */
const SEARCH_EVERY_MS = 250;
/** Trade prices have three decimals: 0.000 to 1.000. */
const TRADE_PRICES = ['', ...Array.from({ length: 1_001 }, (_, n) => (n / 1_000).toFixed(3))];

interface Course {
  nextCheckAt: number;
  /** The hash has matched once, so that its form and its facts are known. Without that a mismatch says nothing. */
  everMatched: boolean;
  doubt: { readonly hash: string; readonly since: number } | null;
  reported: boolean;
}

/**
 * Finds changes that never came: the stream publishes the hash of the whole book with every change (the ten-field hash
 * of facts/polymarket.md §1), and a book that lacks one has another. Two different hashes must fail, no trade price may
 * explain them, and a book that had matched before must be theirs. It counts; nothing received is dropped for it.
 */
export class HashCheck implements BookObserver {
  readonly #courses = new Map<string, Course>();
  readonly #tradePriceFound: (market: string, price: string) => void;
  #nextSearchAt = 0;
  #found: HashDivergence[] = [];
  #checks = 0;

  /** @param tradePriceFound told of a trade price that only the hash gave away */
  constructor(tradePriceFound: (market: string, price: string) => void) {
    this.#tradePriceFound = tradePriceFound;
  }

  /** Books compared with a published hash since the start. */
  get checks(): number {
    return this.#checks;
  }

  /** Divergences found since the last call. */
  take(): readonly HashDivergence[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** Books were forgotten: doubts about them are void. */
  forget(): void {
    this.#courses.clear();
  }

  /** Lets go of tokens that are no longer recorded. */
  keepOnly(tokens: ReadonlySet<string>): void {
    for (const token of this.#courses.keys()) if (!tokens.has(token)) this.#courses.delete(token);
  }

  /** Tokens that are followed at the moment. */
  get size(): number {
    return this.#courses.size;
  }

  changed(token: string, book: TrackedBook, published: string, at: number): void {
    const course = this.#of(token);
    if (at < course.nextCheckAt) return;
    this.#checks++;
    const hashed = hashedBook(token, book);
    if (bookHash(hashed) === published) {
      course.nextCheckAt = at + CHECK_EVERY_MS;
      course.everMatched = true;
      course.doubt = null;
      course.reported = false;
      return;
    }
    course.nextCheckAt = at + (course.reported ? CHECK_EVERY_MS : RECHECK_MS);
    if (!course.everMatched || course.reported) return;
    if (course.doubt === null) {
      course.doubt = { hash: published, since: at };
      return;
    }
    if (course.doubt.hash === published || at < this.#nextSearchAt) return;
    this.#nextSearchAt = at + SEARCH_EVERY_MS;
    const price = tradePriceOf(hashed, published);
    if (price !== null) {
      course.doubt = null;
      this.#tradePriceFound(book.market, price);
      return;
    }
    this.#report(token, course, published, at);
  }

  replaced(token: string, before: TrackedBook, differed: boolean, at: number): void {
    const course = this.#courses.get(token);
    if (course === undefined) return;
    // What heals a book that is in doubt, and is another one, settles the doubt.
    if (course.doubt !== null && !course.reported && differed) {
      this.#report(token, course, before.hashes.newest, at);
    }
    course.doubt = null;
    course.reported = false;
    course.nextCheckAt = 0;
  }

  #report(token: string, course: Course, publishedHash: string, at: number): void {
    course.reported = true;
    const afterMs = Math.round(at - (course.doubt?.since ?? at));
    this.#found.push({ token, publishedHash, afterMs });
  }

  #of(token: string): Course {
    const known = this.#courses.get(token);
    if (known !== undefined) return known;
    const fresh = { nextCheckAt: 0, everMatched: false, doubt: null, reported: false };
    this.#courses.set(token, fresh);
    return fresh;
  }
}

function hashedBook(token: string, book: TrackedBook): HashedBook {
  const { bids, asks } = book.levels();
  return {
    market: book.market,
    asset_id: token,
    timestamp: book.timestamp,
    bids,
    asks,
    min_order_size: BITCOIN_FACTS.minOrderSize,
    tick_size: book.tickSize,
    neg_risk: BITCOIN_FACTS.negRisk,
    last_trade_price: book.tradePrice,
  };
}

/** The trade price with which `book` has the hash `published`, or null. The price is last in what is hashed. */
function tradePriceOf(book: HashedBook, published: string): string | null {
  const { market, asset_id, timestamp, bids, asks, min_order_size, tick_size, neg_risk } = book;
  const facts = { market, asset_id, timestamp, hash: '', bids, asks };
  const text = JSON.stringify({
    ...facts,
    min_order_size,
    tick_size,
    neg_risk,
    last_trade_price: '',
  });
  const begun = createHash('sha1').update(text.slice(0, -'"}'.length));
  for (const price of TRADE_PRICES) {
    if (begun.copy().update(`${price}"}`).digest('hex') === published) return price;
  }
  return null;
}
