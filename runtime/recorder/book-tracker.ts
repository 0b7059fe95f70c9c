import type { Level } from '../polymarket/book-hash.ts';
import { HashRing } from './hash-ring.ts';

export interface TrackedBook {
  /** Those that the stream published for the whole book. */
  readonly hashes: HashRing;
  /** In the order of the wire: bids ascending, asks descending. */
  levels(): { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
}

interface State {
  readonly hashes: HashRing;
  readonly bids: Map<string, string>;
  readonly asks: Map<string, string>;
}

/**
 * The books of all tokens as the stream tells them. It only serves metrics: it runs after a frame is safe, takes the
 * fields it needs straight from the JSON because it sees every frame, and ignores what it does not understand.
 * `runtime/polymarket/book.ts` follows a book strictly and checks each hash, at many times the cost.
 */
export class BookTracker {
  readonly #books = new Map<string, State>();
  readonly #lastSeen = new Map<string, number>();
  #generation = 0;

  /** Changes whenever books were forgotten: a comparison that spans two generations says nothing. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes in one text frame received at `at` (milliseconds of the monotonic clock). */
  observe(text: string, at: number): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // PONG, NO NEW ASSETS and the like are no JSON and tell nothing about books.
      return;
    }
    for (const event of Array.isArray(value) ? value : [value]) {
      if (isRecord(event)) this.#event(event, at);
    }
  }

  book(token: string): TrackedBook | undefined {
    const state = this.#books.get(token);
    if (state === undefined) return undefined;
    return {
      hashes: state.hashes,
      levels: () => ({ bids: sorted(state.bids, 1), asks: sorted(state.asks, -1) }),
    };
  }

  /** When anything about `token` was last received, milliseconds of the monotonic clock. */
  lastSeen(token: string): number | undefined {
    return this.#lastSeen.get(token);
  }

  /** Frames were missed: until the next opening books nothing is known. */
  forget(): void {
    this.#books.clear();
    this.#generation++;
  }

  /** Lets go of tokens that are no longer recorded. */
  keepOnly(tokens: ReadonlySet<string>): void {
    for (const token of this.#books.keys()) if (!tokens.has(token)) this.#books.delete(token);
    for (const token of this.#lastSeen.keys()) if (!tokens.has(token)) this.#lastSeen.delete(token);
  }

  #event(event: Readonly<Record<string, unknown>>, at: number): void {
    const { event_type: type, asset_id: token } = event;
    if (typeof token === 'string') this.#lastSeen.set(token, at);
    if (type === 'price_change' && Array.isArray(event['price_changes'])) {
      for (const change of event['price_changes']) if (isRecord(change)) this.#change(change, at);
    } else if (type === 'book' && typeof token === 'string') {
      this.#replace(token, event, at);
    }
  }

  #replace(token: string, event: Readonly<Record<string, unknown>>, at: number): void {
    const state: State = {
      hashes: this.#books.get(token)?.hashes ?? new HashRing(),
      bids: levelMap(event['bids']),
      asks: levelMap(event['asks']),
    };
    this.#books.set(token, state);
    noteHash(state, event['hash'], at);
  }

  #change(change: Readonly<Record<string, unknown>>, at: number): void {
    const { asset_id: token, price, size, side } = change;
    if (typeof token !== 'string') return;
    this.#lastSeen.set(token, at);
    const state = this.#books.get(token);
    if (state === undefined || typeof price !== 'string' || typeof size !== 'string') return;
    const levels = side === 'BUY' ? state.bids : state.asks;
    if (Number(size) === 0) levels.delete(price);
    else levels.set(price, size);
    noteHash(state, change['hash'], at);
  }
}

function noteHash(state: State, hash: unknown, at: number): void {
  if (typeof hash === 'string') state.hashes.add(hash, at);
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

function sorted(levels: ReadonlyMap<string, string>, direction: 1 | -1): Level[] {
  return [...levels]
    .map(([price, size]) => ({ price, size }))
    .sort((a, b) => (Number(a.price) - Number(b.price)) * direction);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
