import type { LevelChange } from './frames.ts';
import type { Market } from './market.ts';
import { type MarketBook, ONE, type Side } from './market-book.ts';
import type { Random } from './random.ts';

/** Levels a side never falls below while the market trades, so that both sides always quote. */
const MINIMUM_DEPTH = 3;
/** From this part of the window on the price moves towards its outcome. */
const DECISION = 0.6;

/** Where a market's orders come from: a fair price that wanders, and orders around it. */
export class BookWalk {
  readonly #book: MarketBook;
  readonly #random: Random;
  /** Fair price of Up in thousandths. */
  #fair = ONE / 2;

  constructor(book: MarketBook, random: Random) {
    this.#book = book;
    this.#random = random;
    this.#fair += random.integer(-30, 30);
  }

  /** A first book, a dozen to a few dozen levels deep on each side. */
  openingLevels(): LevelChange[] {
    const { tick } = this.#book;
    const depth = this.#random.integer(12, 40);
    const changes: LevelChange[] = [];
    for (let step = 1; step <= depth; step++) {
      const bid = this.#grid(Math.floor) - step * tick;
      const ask = this.#grid(Math.ceil) + step * tick;
      if (bid >= tick) changes.push({ side: 'BUY', price: bid, size: this.#size() });
      if (ask <= ONE - tick) changes.push({ side: 'SELL', price: ask, size: this.#size() });
    }
    return changes;
  }

  /** Moves the fair price on to `at`. */
  wander(market: Market, at: number): void {
    const { opensAt, endsAt } = market.window;
    const progress = (at - opensAt) / (endsAt - opensAt);
    this.#fair += this.#random.integer(-4, 4);
    if (progress > DECISION) {
      const target = market.winner === 'Up' ? ONE : 0;
      this.#fair += (target - this.#fair) * 0.01;
    }
    const edge = 2 * this.#book.tick;
    this.#fair = Math.min(ONE - edge, Math.max(edge, this.#fair));
  }

  /** The next order: a level that appears, changes or goes. It never crosses the book and always changes it. */
  change(): LevelChange {
    const book = this.#book;
    for (const side of ['BUY', 'SELL'] as const) {
      const best = book.best(side);
      const beyond =
        best !== null &&
        (side === 'BUY' ? best > this.#fair : best < this.#fair) &&
        this.#deep(side);
      if (beyond) return { side, price: best, size: 0 };
    }
    const side: Side = this.#random.chance(0.5) ? 'BUY' : 'SELL';
    const price = this.#price(side);
    const before = book.size(side, price);
    if (before > 0 && this.#deep(side) && this.#random.chance(0.4)) return { side, price, size: 0 };
    const size = this.#size();
    return { side, price, size: size === before ? size + 1 : size };
  }

  #deep(side: Side): boolean {
    return this.#book.depth(side) > MINIMUM_DEPTH;
  }

  #price(side: Side): number {
    const { tick } = this.#book;
    const distance = Math.floor(this.#random.exponential(6)) * tick;
    if (side === 'BUY') {
      const highest = (this.#book.best('SELL') ?? ONE) - tick;
      const wanted = this.#grid(Math.floor) - distance;
      return Math.max(tick, Math.min(wanted, highest));
    }
    const lowest = (this.#book.best('BUY') ?? 0) + tick;
    const wanted = this.#grid(Math.ceil) + distance;
    return Math.min(ONE - tick, Math.max(wanted, lowest));
  }

  #grid(round: (value: number) => number): number {
    return round(this.#fair / this.#book.tick) * this.#book.tick;
  }

  /** Hundredths of a share; many real sizes are whole. */
  #size(): number {
    const whole = 5 + Math.floor(this.#random.exponential(400));
    return whole * 100 + (this.#random.chance(0.5) ? 0 : this.#random.integer(1, 99));
  }
}
