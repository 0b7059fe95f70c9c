import { BITCOIN_FACTS } from '../polymarket/book.ts';
import { bookHash, type HashedBook, type Level } from '../polymarket/book-hash.ts';
import type { Market, Outcome } from './market.ts';

/** A whole unit of price. Prices here are counted in thousandths, sizes in hundredths. */
export const ONE = 1000;

export type Side = 'BUY' | 'SELL';

/**
 * The books of both tokens of a market. They mirror each other (a bid for Up at 0.4 is an offer of Down at 0.6),
 * so one is kept, Up's, and the other is read off it.
 */
export class MarketBook {
  readonly market: Market;
  /** When the book last changed, in milliseconds. */
  changedAt: number;
  /** Smallest step of price, in thousandths. */
  tick = 10;
  /** As books carry it: three decimals, empty before the first trade. */
  lastTradePrice = '';
  readonly #bids: Rung[] = [];
  readonly #asks: Rung[] = [];

  constructor(market: Market, changedAt: number) {
    this.market = market;
    this.changedAt = changedAt;
  }

  /** Best price of Up's side, or null when it is empty. */
  best(side: Side): number | null {
    return this.#side(side).at(-1)?.price ?? null;
  }

  depth(side: Side): number {
    return this.#side(side).length;
  }

  /** Prices of Up's side, best last. */
  prices(side: Side): number[] {
    return this.#side(side).map((rung) => rung.price);
  }

  size(side: Side, price: number): number {
    return this.#side(side).find((rung) => rung.price === price)?.size ?? 0;
  }

  /** Sets a level of Up, and with it the mirrored one of Down; size 0 removes it. */
  set(side: Side, price: number, size: number): void {
    const rungs = this.#side(side);
    const direction = side === 'BUY' ? 1 : -1;
    const found = rungs.findIndex((rung) => rung.price * direction >= price * direction);
    const index = found === -1 ? rungs.length : found;
    const present = rungs[index]?.price === price ? 1 : 0;
    if (size === 0) rungs.splice(index, present);
    else rungs.splice(index, present, rung(price, size));
  }

  /** Both sides as a token's book shows them: bids ascending, asks descending. */
  levels(outcome: Outcome): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    if (outcome === 'Up') {
      return { bids: this.#bids.map((rung) => rung.up), asks: this.#asks.map((rung) => rung.up) };
    }
    return { bids: this.#asks.map((rung) => rung.down), asks: this.#bids.map((rung) => rung.down) };
  }

  /** The fields of a token's book in the names of REST. */
  summary(outcome: Outcome): HashedBook {
    return {
      market: this.market.conditionId,
      asset_id: this.market.tokens[outcome],
      timestamp: String(this.changedAt),
      ...this.levels(outcome),
      min_order_size: BITCOIN_FACTS.minOrderSize,
      tick_size: priceText(this.tick),
      neg_risk: BITCOIN_FACTS.negRisk,
      last_trade_price: this.lastTradePrice,
    };
  }

  hash(outcome: Outcome): string {
    return bookHash(this.summary(outcome));
  }

  /** Best prices of a token as `price_change` says them: an empty side reads `0` and `1`. */
  bestTexts(outcome: Outcome): { readonly bid: string; readonly ask: string } {
    const bid = this.best('BUY') ?? 0;
    const ask = this.best('SELL') ?? ONE;
    if (outcome === 'Up') return { bid: priceText(bid), ask: priceText(ask) };
    return { bid: priceText(ONE - ask), ask: priceText(ONE - bid) };
  }

  #side(side: Side): Rung[] {
    return side === 'BUY' ? this.#bids : this.#asks;
  }
}

/** A level with its texts for both tokens, made once because books are written far more often than changed. */
interface Rung {
  readonly price: number;
  readonly size: number;
  readonly up: Level;
  readonly down: Level;
}

function rung(price: number, size: number): Rung {
  const text = sizeText(size);
  return {
    price,
    size,
    up: { price: priceText(price), size: text },
    down: { price: priceText(ONE - price), size: text },
  };
}

/** Thousandths as text without trailing zeros: 850 is `0.85`. */
export function priceText(thousandths: number): string {
  return String(thousandths / ONE);
}

/** Hundredths as text without trailing zeros: 650 is `6.5`. */
export function sizeText(hundredths: number): string {
  return String(hundredths / 100);
}
