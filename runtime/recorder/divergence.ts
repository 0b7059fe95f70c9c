import { bookHash } from '../polymarket/book-hash.ts';
import type { RestBook } from '../polymarket/clob.ts';
import type { BookTracker, TrackedBook } from './book-tracker.ts';

/** The stream reached the state of a REST answer up to 1,077 ms after it (facts/polymarket.md §3, REST ↔ WS join). */
export const JOIN_WINDOW_MS = 2_000;
/** One unresolved comparison may be bad luck; two in a row are a divergence (same source). */
const STRIKES = 2;

/** What was asked of one token's book, and found to differ. */
export interface Divergence {
  readonly token: string;
  readonly restHash: string;
  readonly restTimestamp: string;
  readonly lastStreamHash: string;
}

interface Pending {
  readonly book: RestBook;
  readonly requestedAt: number;
  readonly receivedAt: number;
  readonly generation: number;
  /** The levels were compared at the first look; that is repeated only when the window is over. */
  looked: boolean;
}

/**
 * Comparisons that may wait at once; more are not made. Checkpoints are a minute apart and a comparison takes seconds,
 * so this is far above what a recorder has, and bounds what a misconfigured one spends.
 */
const LARGEST_PENDING = 2_000;

/**
 * Compares the books of REST checkpoints with those of the stream: by published hash within two seconds around the
 * answer, then by the levels (their ten-field hash under the answer's own facts). It only counts; nothing that was
 * received is ever dropped for it.
 */
export class DivergenceJudge {
  readonly #tracker: BookTracker;
  #pending: Pending[] = [];
  readonly #strikes = new Map<string, number>();

  constructor(tracker: BookTracker) {
    this.#tracker = tracker;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Books of one answer. Times are milliseconds of the monotonic clock. */
  submit(books: readonly RestBook[], requestedAt: number, receivedAt: number): void {
    const { generation } = this.#tracker;
    for (const book of books) {
      if (this.#pending.length >= LARGEST_PENDING) return;
      this.#pending.push({ book, requestedAt, receivedAt, generation, looked: false });
    }
  }

  /** Lets go of tokens that are no longer recorded. */
  keepOnly(tokens: ReadonlySet<string>): void {
    for (const token of this.#strikes.keys()) if (!tokens.has(token)) this.#strikes.delete(token);
  }

  /** Settles what can be settled at `now` and returns the divergences that became certain. Call it a few times a second. */
  settle(now: number): Divergence[] {
    const certain: Divergence[] = [];
    this.#pending = this.#pending.filter((pending) => {
      const token = pending.book.asset_id;
      const tracked = this.#tracker.book(token);
      if (tracked === undefined || pending.generation !== this.#tracker.generation) {
        this.#strikes.delete(token);
        return false;
      }
      const over = now >= pending.receivedAt + JOIN_WINDOW_MS;
      // Finding a hash is cheap; sorting and hashing all levels is not, so that is done twice and not at every look.
      const compareLevels = over || !pending.looked;
      pending.looked = true;
      if (joins(tracked, pending) || (compareLevels && sameLevels(tracked, pending.book))) {
        this.#strikes.delete(token);
        return false;
      }
      if (!over) return true;
      const strikes = (this.#strikes.get(token) ?? 0) + 1;
      this.#strikes.set(token, strikes);
      if (strikes === STRIKES) {
        this.#strikes.delete(token);
        certain.push({
          token,
          restHash: pending.book.hash,
          restTimestamp: pending.book.timestamp,
          lastStreamHash: tracked.hashes.newest,
        });
      }
      return false;
    });
    return certain;
  }
}

/** Whether the stream published the answer's hash around the answer, or last before it: a quiet book keeps its hash. */
function joins(tracked: TrackedBook, { book, requestedAt, receivedAt }: Pending): boolean {
  return tracked.hashes.held(book.hash, requestedAt - JOIN_WINDOW_MS, receivedAt + JOIN_WINDOW_MS);
}

function sameLevels(tracked: TrackedBook, rest: RestBook): boolean {
  const { bids, asks } = tracked.levels();
  const facts = {
    market: rest.market,
    asset_id: rest.asset_id,
    timestamp: rest.timestamp,
    min_order_size: rest.min_order_size,
    tick_size: rest.tick_size,
    neg_risk: rest.neg_risk,
    last_trade_price: rest.last_trade_price,
  };
  return (
    bookHash({ ...facts, bids, asks }) === bookHash({ ...facts, bids: rest.bids, asks: rest.asks })
  );
}
