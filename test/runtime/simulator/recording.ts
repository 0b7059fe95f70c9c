import { BITCOIN_FACTS, type BookCheck, OrderBook } from '../../../runtime/polymarket/book.ts';
import { type MarketEvent, parseFrame } from '../../../runtime/polymarket/events.ts';
import type { FrameStyle } from '../../../runtime/simulator/batch.ts';
import { Exchange, type ExchangeOptions } from '../../../runtime/simulator/exchange.ts';
import { openingBook } from '../../../runtime/simulator/frames.ts';
import type { Market } from '../../../runtime/simulator/market.ts';
import { NOW, SLUG_5M } from './scene.ts';

export const STYLE: FrameStyle = {
  spaced: false,
  arrays: 0,
  surprises: 0,
  duplicates: 0.02,
  tradePriceLead: 0,
};
const OPTIONS: ExchangeOptions = { seed: 'test', scale: 1, rate: 100, style: STYLE };

export interface Recording {
  readonly exchange: Exchange;
  /** Texts as one connection with every token and custom features gets them. */
  readonly frames: string[];
  readonly settled: Market[];
}

export function record(options: Partial<ExchangeOptions> = {}, start = NOW): Recording {
  const frames: string[] = [];
  const settled: Market[] = [];
  const exchange = new Exchange(
    { ...OPTIONS, ...options },
    {
      batch: ({ events, array }) => {
        const texts = events.map((event) => event.json);
        frames.push(...(array ? [`[${texts.join(',')}]`] : texts));
      },
      settled: (market) => settled.push(market),
    },
    start,
  );
  return { exchange, frames, settled };
}

export function eventsOf(frames: readonly string[]): MarketEvent[] {
  return frames.flatMap((frame) => {
    const parsed = parseFrame(frame);
    if (parsed.kind !== 'events') throw new Error(`not data: ${frame}`);
    return parsed.events;
  });
}

export function ofType<Type extends MarketEvent['event_type']>(
  frames: readonly string[],
  type: Type,
) {
  return eventsOf(frames).filter(
    (event): event is Extract<MarketEvent, { event_type: Type }> => event.event_type === type,
  );
}

/** Follows tokens as a client does that sees every frame, from the books that stand at the start. */
export class Follower {
  readonly books = new Map<string, OrderBook>();
  readonly checks: BookCheck[] = [];

  constructor({ exchange }: Recording, market: Market) {
    const feed = exchange.feed(market);
    if (feed === undefined) throw new Error('the market has no book');
    for (const outcome of ['Up', 'Down'] as const) {
      const [event] = eventsOf([openingBook(feed.book, outcome)]);
      if (event?.event_type !== 'book') throw new Error('not a book');
      const book = new OrderBook(event, BITCOIN_FACTS);
      this.checks.push(book.check(event.hash));
      this.books.set(event.asset_id, book);
    }
  }

  apply(event: MarketEvent): void {
    for (const book of this.books.values()) {
      if ('market' in event && event.market !== book.market) continue;
      if (event.event_type === 'last_trade_price') book.applyLastTradePrice(event);
      if (event.event_type === 'tick_size_change' && event.asset_id === book.assetId) {
        book.applyTickSizeChange(event);
      }
      if (event.event_type === 'book' && event.asset_id === book.assetId) {
        this.checks.push(book.applyBook(event));
      }
      if (event.event_type === 'price_change') {
        const check = book.applyPriceChange(event);
        if (check !== null) this.checks.push(check);
      }
    }
  }

  /** Checks that came to nothing: bursts that ended unverified, and the last one if it still is. */
  get failures(): number {
    const unfinished = this.checks.filter((check) => check.failedBefore !== null).length;
    return unfinished + (this.checks.at(-1)?.verified === true ? 0 : 1);
  }
}

export function market({ exchange }: Recording, slug = SLUG_5M): Market {
  const found = exchange.bySlug(slug);
  if (found === undefined) throw new Error(`no market ${slug}`);
  return found;
}
