import { hashedTradePrice } from '../polymarket/book.ts';
import type { Batch, FrameStyle, WireEvent } from './batch.ts';
import { BookWalk } from './book-walk.ts';
import {
  bestBidAsk,
  type LevelChange,
  lastTradePrice,
  laterBook,
  marketResolved,
  OUTCOMES,
  priceChange,
  spaced,
  surprise,
  type Trade,
  tickSizeChange,
} from './frames.ts';
import type { Market, Outcome } from './market.ts';
import { MarketBook, ONE, priceText, type Side } from './market-book.ts';
import { type Random, randomOf } from './random.ts';

/** Shares of the kinds of steps; the rest are single changes. */
const TRADES = 0.04;
const BURSTS = 0.05;
/** Bursts that come in several frames which share timestamp and hash. */
const SPREAD_BURSTS = 0.02;
/** Changes of the best price that `best_bid_ask` tells; it is intermittent on the wire (facts §3). */
const BEST_PRICE_TOLD = 0.5;
/** A trade's own time runs ahead of the change's by at most this (facts §3: 0.62 s when busy). */
const TRADE_TIME_LEAD = 600;
/** Entries of the frame that empties a book. */
const EMPTYING_FRAME = 20;
/** Prices become finer once the best bid is above, or the best offer below, these thousandths (facts §3). */
const FINE_ABOVE = 960;
const FINE_BELOW = 40;
const FINE_TICK = 1;

/** A duplicate to deliver `delay` milliseconds after the frame it repeats. */
export interface Step {
  readonly batches: readonly Batch[];
  readonly duplicate?: { readonly delay: number; readonly batch: Batch };
}

/** What one market sends while its book exists. The same seed and times give the same texts. */
export class MarketFeed {
  readonly book: MarketBook;
  readonly #market: Market;
  readonly #random: Random;
  readonly #walk: BookWalk;
  readonly #style: FrameStyle;
  readonly #tokens: readonly string[];
  /** A trade whose announcement is held back until the next step. */
  #unannounced: WireEvent | null = null;

  constructor(seed: string, market: Market, style: FrameStyle, at: number) {
    this.#market = market;
    this.#random = randomOf(`${seed}/feed/${market.window.slug}`);
    this.#style = style;
    this.#tokens = [market.tokens.Up, market.tokens.Down];
    this.book = new MarketBook(market, at);
    this.#walk = new BookWalk(this.book, this.#random);
  }

  /** Fills the empty book as if it had stood a while: no frame tells of it. */
  openQuietly(age: number): void {
    this.#apply(this.#walk.openingLevels(), this.book.changedAt);
    this.book.changedAt -= this.#random.integer(0, age);
  }

  /** Fills the empty book in front of whoever subscribed early. */
  open(at: number): Batch[] {
    const changes = this.#walk.openingLevels();
    this.#apply(changes, at);
    return [this.#batch([this.#changeEvent(changes)])];
  }

  /** Time to the next step when there are `rate` a second on average. */
  pause(rate: number): number {
    return this.#random.exponential(1000 / rate);
  }

  step(at: number): Step {
    this.#walk.wander(this.#market, at);
    const held = this.#unannounced;
    this.#unannounced = null;
    const late = held === null ? [] : [this.#batch([held])];
    const odd = this.#random.chance(this.#style.surprises)
      ? [this.#batch([this.#event(surprise(this.#market, at))])]
      : [];
    const fine = this.#isExtreme() ? this.changeTick(at) : [];
    const step = this.#next(at, late);
    return { ...step, batches: [...fine, ...odd, ...step.batches] };
  }

  /** Tells both tokens that prices have three decimals from now on; nothing when they have already. */
  changeTick(at: number): Batch[] {
    const before = this.book.tick;
    if (before === FINE_TICK) return [];
    this.book.tick = FINE_TICK;
    const ticks = { before, after: FINE_TICK };
    return OUTCOMES.map((outcome) =>
      this.#batch([
        this.#event(tickSizeChange(this.#market, outcome, ticks, at), [
          this.#market.tokens[outcome],
        ]),
      ]),
    );
  }

  #isExtreme(): boolean {
    return (
      (this.book.best('BUY') ?? 0) > FINE_ABOVE || (this.book.best('SELL') ?? ONE) < FINE_BELOW
    );
  }

  #next(at: number, late: readonly Batch[]): Step {
    const kind = this.#random.next();
    if (kind < TRADES) return { batches: [...late, ...this.#trade(at)] };
    if (kind < TRADES + SPREAD_BURSTS) {
      return { batches: [...this.#spreadBurst(at), ...late] };
    }
    const count = kind < TRADES + SPREAD_BURSTS + BURSTS ? this.#random.integer(2, 4) : 1;
    const step = this.#changes(at, count);
    return { ...step, batches: [...step.batches, ...late] };
  }

  /** Every level goes to size 0. */
  empty(at: number): Batch[] {
    const changes = (['BUY', 'SELL'] as const).flatMap((side) =>
      this.book.prices(side).map((price) => ({ side, price, size: 0 })),
    );
    this.#apply(changes, at);
    const batches: Batch[] = [];
    for (let from = 0; from < changes.length; from += EMPTYING_FRAME) {
      batches.push(this.#batch([this.#changeEvent(changes.slice(from, from + EMPTYING_FRAME))]));
    }
    return batches;
  }

  resolve(at: number): Batch {
    return this.#batch([this.#event(marketResolved(this.#market, at), this.#tokens, 'custom')]);
  }

  #changes(at: number, count: number): Step {
    const best = this.book.bestTexts('Up');
    const changes: LevelChange[] = [];
    for (let index = 0; index < count; index++) {
      const change = this.#walk.change();
      this.#apply([change], at);
      changes.push(change);
    }
    const first = this.#leader();
    const event = this.#changeEvent(changes, first);
    const after = this.book.bestTexts('Up');
    const moved = after.bid !== best.bid || after.ask !== best.ask;
    const told = moved && this.#random.chance(BEST_PRICE_TOLD) ? this.#bestPrices(at) : [];
    const batches = [this.#batch([event, ...told])];
    if (!this.#random.chance(this.#style.duplicates)) return { batches };
    const again = this.#random.chance(0.3)
      ? this.#changeEvent(changes, first === 'Up' ? 'Down' : 'Up')
      : event;
    const delay = this.#random.chance(0.9)
      ? this.#random.integer(0, 6)
      : this.#random.integer(7, 120);
    return { batches, duplicate: { delay, batch: { events: [again], array: false } } };
  }

  /** Several frames with one timestamp; each shows the hash after the last of them. */
  #spreadBurst(at: number): Batch[] {
    const changes: LevelChange[] = [];
    for (let count = this.#random.integer(2, 3); count > 0; count--) {
      const change = this.#walk.change();
      this.#apply([change], at);
      changes.push(change);
    }
    return changes.map((change) => this.#batch([this.#changeEvent([change])]));
  }

  /** An order takes from the best level: trade, best prices, change and both books, in the order seen on the wire. */
  #trade(at: number): Batch[] {
    const random = this.#random;
    const maker: Side = random.chance(0.5) ? 'BUY' : 'SELL';
    const price = this.book.best(maker);
    if (price === null) return [];
    const before = this.book.size(maker, price);
    const whole = this.book.depth(maker) > 1 && random.chance(0.3);
    const taken = whole ? before : random.integer(1, Math.max(1, before - 1));
    const left = before - taken;
    // One hundredth is the smallest order there is: it cannot be taken in part from the last level.
    if (left === 0 && !whole) return [];
    const outcome: Outcome = random.chance(0.5) ? 'Up' : 'Down';
    // Who takes a bid sells Up, which is to buy Down.
    const side: Side = (maker === 'BUY') === (outcome === 'Up') ? 'SELL' : 'BUY';
    const paid = outcome === 'Up' ? price : ONE - price;
    const size = fineSize(taken, random);
    const transaction = hexDigits(random);
    const trade: Trade = { outcome, price: paid, size, side, at, transaction };

    const changedAt = at - random.integer(0, Math.min(TRADE_TIME_LEAD, at - this.book.changedAt));
    this.#apply([{ side: maker, price, size: left }], changedAt);
    this.book.lastTradePrice = hashedTradePrice(priceText(paid));

    const announcement = this.#event(lastTradePrice(this.#market, trade), [
      this.#market.tokens[outcome],
    ]);
    const change = this.#changeEvent([{ side: maker, price, size: left }]);
    const books = this.#shuffled().map((of) =>
      this.#event(laterBook(this.book, of), [this.#market.tokens[of]]),
    );
    const told = this.#bestPrices(random.integer(changedAt, at));
    if (random.chance(this.#style.tradePriceLead)) {
      this.#unannounced = announcement;
      return [this.#batch([...told, change, ...books])];
    }
    return [this.#batch([announcement, ...told, change, ...books])];
  }

  #bestPrices(at: number): WireEvent[] {
    return this.#shuffled().map((outcome) =>
      this.#event(bestBidAsk(this.book, outcome, at), [this.#market.tokens[outcome]], 'custom'),
    );
  }

  #changeEvent(changes: readonly LevelChange[], first: Outcome = this.#leader()): WireEvent {
    const extra =
      this.#style.surprises > 0 && this.#random.chance(this.#style.surprises)
        ? { simulated_field: { list: [1, 'a, b'] } }
        : {};
    return this.#event(priceChange(this.book, changes, first, extra));
  }

  #apply(changes: readonly LevelChange[], at: number): void {
    for (const change of changes) this.book.set(change.side, change.price, change.size);
    this.book.changedAt = at;
  }

  #event(
    json: string,
    tokens: readonly string[] = this.#tokens,
    audience: WireEvent['audience'] = 'subscribed',
  ): WireEvent {
    return { json: this.#style.spaced ? spaced(json) : json, tokens, audience };
  }

  #batch(events: readonly WireEvent[]): Batch {
    return { events, array: events.length > 1 && this.#random.chance(this.#style.arrays) };
  }

  #leader(): Outcome {
    return this.#random.chance(0.5) ? 'Up' : 'Down';
  }

  #shuffled(): readonly Outcome[] {
    return this.#random.chance(0.5) ? OUTCOMES : OUTCOMES.toReversed();
  }
}

/** Trades have up to six decimals while books show two: a little less than what left the book. */
function fineSize(hundredths: number, random: Random): string {
  const millionths = hundredths * 10_000 - (random.chance(0.5) ? 0 : random.integer(1, 9_999));
  return String(millionths / 1_000_000);
}

function hexDigits(random: Random): string {
  let text = '';
  while (text.length < 64) text += random.integer(0, 0xffff).toString(16).padStart(4, '0');
  return text;
}
