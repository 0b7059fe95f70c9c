import { type Cadence, type Window, windowAt, windowOpeningAt } from '../polymarket/slug.ts';
import type { Batch, FrameStyle } from './batch.ts';
import { newMarket } from './frames.ts';
import { type Market, marketOf, SCALABLE_CADENCES } from './market.ts';
import { MarketFeed } from './market-feed.ts';
import { randomOf } from './random.ts';
import { Schedule } from './schedule.ts';

/** Settled markets that Gamma still lists when the simulator starts. */
const HISTORY = 6 * 3_600_000;
/** The time from emptying a book to telling who won (facts/polymarket.md §2, end of life). */
const RESOLVED_AFTER = 28;
/** Activity before and after the window, as a share of the rate inside it. */
const QUIET_BEFORE = 0.1;
const QUIET_AFTER = 0.05;
/** Age of a standing book's last change, at most (33 s were seen on a quiet market). */
const STANDING_AGE = 5000;

export interface ExchangeOptions {
  readonly seed: string;
  readonly scale: number;
  /** Steps a second of a market whose window is open; most send one frame. 0 sends none. */
  readonly rate: number;
  readonly style: FrameStyle;
  /** The series that are listed; the two busy ones if not said. Those that go by New York's clock need the scale 1. */
  readonly cadences?: readonly Cadence[];
  /** Milliseconds, before scaling: how long before its window a market has a book. */
  readonly activeAhead?: number;
  /** Share of markets whose result the stream tells. */
  readonly resolvedShare?: number;
}

export interface ExchangeListener {
  batch(batch: Batch): void;
  /** The market's tokens are gone: nothing comes for them any more. */
  settled(market: Market): void;
}

/**
 * All markets and their life: minted a day ahead, given a book, traded, emptied, settled. Time comes only from
 * `runUntil`; the same seed, first moment and last moment give the same batches in the same order.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #listener: ExchangeListener;
  readonly #schedule = new Schedule();
  readonly #markets = new Map<string, Market>();
  readonly #byToken = new Map<string, Market>();
  readonly #byCondition = new Map<string, Market>();
  readonly #feeds = new Map<Market, MarketFeed>();
  readonly #settled = new Set<Market>();
  #now: number;

  constructor(options: ExchangeOptions, listener: ExchangeListener, start: number) {
    this.#options = options;
    this.#listener = listener;
    this.#now = start;
    const { cadences = SCALABLE_CADENCES } = options;
    for (const cadence of cadences) this.#mintStanding(cadence, start);
  }

  get now(): number {
    return this.#now;
  }

  /** Every market minted so far, in the order of minting. */
  markets(): Iterable<Market> {
    return this.#markets.values();
  }

  bySlug(slug: string): Market | undefined {
    return this.#markets.get(slug);
  }

  byToken(token: string): Market | undefined {
    return this.#byToken.get(token);
  }

  byCondition(conditionId: string): Market | undefined {
    return this.#byCondition.get(conditionId);
  }

  /** The feed of a market whose book exists now. */
  feed(market: Market): MarketFeed | undefined {
    return this.#feeds.get(market);
  }

  isSettled(market: Market): boolean {
    return this.#settled.has(market);
  }

  /** Lets happen what is due until `now`, at most `limit` steps. True when all of it is done. */
  runUntil(now: number, limit = Number.POSITIVE_INFINITY): boolean {
    const done = this.#schedule.runUntil(now, limit);
    if (done) this.#now = Math.max(this.#now, now);
    return done;
  }

  /** Mints a market outside the timetable, with a book at once. Null when its slug is taken. */
  mint(cadence: Cadence, opensAt: number, now: number): Market | null {
    const window = windowOpeningAt(cadence, opensAt, this.#options.scale);
    if (this.#markets.has(window.slug)) return null;
    const planned = this.#marketOf(window);
    const market = { ...planned, listedAt: now, activeAt: now };
    this.#announce(market, now);
    this.#activate(market, now);
    return market;
  }

  /** Ends a market now, whatever its window. False when it has no book. */
  settle(market: Market, now: number): boolean {
    if (!this.#feeds.has(market)) return false;
    this.#empty(market, now);
    return true;
  }

  /** Makes prices finer in the market `slug`, or in every market whose window is open. */
  changeTicks(slug: string | undefined, now: number): void {
    for (const [market, feed] of this.#feeds) {
      const { opensAt, endsAt } = market.window;
      const chosen =
        slug === undefined ? opensAt <= now && endsAt > now : market.window.slug === slug;
      if (!chosen) continue;
      for (const batch of feed.changeTick(Math.floor(now))) this.#listener.batch(batch);
    }
  }

  /** Sends the newest market's announcement `count` times more. */
  announceAgain(count: number, now: number): void {
    const market = [...this.#markets.values()].at(-1);
    if (market === undefined) return;
    const batch = announcement(market, now);
    for (let sent = 0; sent < count; sent++) this.#listener.batch(batch);
  }

  #marketOf(window: Window): Market {
    const { seed, scale, activeAhead } = this.#options;
    return marketOf(seed, window, scale, activeAhead);
  }

  #mintStanding(cadence: Cadence, start: number): void {
    const { scale } = this.#options;
    let window = windowAt(cadence, start - Math.round(HISTORY * scale), scale);
    for (;;) {
      const market = this.#marketOf(window);
      if (market.listedAt > start) break;
      // In the night when New York's clocks go back two hours have one slug, and one of them is listed.
      if (this.#markets.has(window.slug)) {
        window = next(window, scale);
        continue;
      }
      this.#register(market);
      if (market.settlesAt <= start) this.#settled.add(market);
      else if (market.activeAt <= start) this.#stand(market, start);
      else this.#schedule.plan(market.activeAt, (at) => this.#activate(market, at));
      window = next(window, scale);
    }
    this.#planMint(window);
  }

  #planMint(window: Window): void {
    const { scale } = this.#options;
    const market = this.#marketOf(window);
    this.#schedule.plan(market.listedAt, (at) => {
      // A market minted by hand may hold the slug already.
      if (!this.#markets.has(window.slug)) {
        this.#announce(market, at);
        this.#schedule.plan(market.activeAt, (when) => this.#activate(market, when));
      }
      this.#planMint(next(window, scale));
    });
  }

  #register(market: Market): void {
    this.#markets.set(market.window.slug, market);
    this.#byCondition.set(market.conditionId, market);
    for (const token of Object.values(market.tokens)) this.#byToken.set(token, market);
  }

  #announce(market: Market, at: number): void {
    this.#register(market);
    const batch = announcement(market, at);
    // The same announcement is sent more than once on the wire (facts §3).
    this.#listener.batch(batch);
    this.#listener.batch(batch);
  }

  #stand(market: Market, at: number): void {
    const feed = this.#newFeed(market, at);
    feed.openQuietly(STANDING_AGE);
    this.#planStep(market, feed, at);
  }

  #activate(market: Market, at: number): void {
    const feed = this.#newFeed(market, at);
    for (const batch of feed.open(Math.floor(at))) this.#listener.batch(batch);
    this.#planStep(market, feed, at);
  }

  #newFeed(market: Market, at: number): MarketFeed {
    const { seed, style } = this.#options;
    const feed = new MarketFeed(seed, market, style, Math.floor(at));
    this.#feeds.set(market, feed);
    this.#schedule.plan(market.settlesAt, (when) => {
      if (this.#feeds.get(market) === feed) this.#empty(market, when);
    });
    return feed;
  }

  #planStep(market: Market, feed: MarketFeed, from: number): void {
    const at = nextStep(market, feed, from, this.#options.rate);
    if (at === null) return;
    this.#schedule.plan(at, () => {
      if (this.#feeds.get(market) !== feed) return;
      const step = feed.step(Math.floor(at));
      for (const batch of step.batches) this.#listener.batch(batch);
      if (step.duplicate === undefined) {
        this.#planStep(market, feed, at);
        return;
      }
      // The market pauses until its duplicate is out: entries of a token never arrive out of order (facts §3).
      const { batch, delay } = step.duplicate;
      this.#schedule.plan(at + delay, (when) => {
        if (this.#feeds.get(market) !== feed) return;
        this.#listener.batch(batch);
        this.#planStep(market, feed, when);
      });
    });
  }

  #tellsResult(market: Market): boolean {
    const { seed, resolvedShare = 1 } = this.#options;
    return randomOf(`${seed}/resolved/${market.window.slug}`).chance(resolvedShare);
  }

  #empty(market: Market, at: number): void {
    const feed = this.#feeds.get(market);
    if (feed === undefined) return;
    this.#feeds.delete(market);
    this.#settled.add(market);
    for (const batch of feed.empty(Math.floor(at))) this.#listener.batch(batch);
    this.#schedule.plan(at + RESOLVED_AFTER, (when) => {
      if (this.#tellsResult(market)) this.#listener.batch(feed.resolve(Math.floor(when)));
      this.#listener.settled(market);
    });
  }
}

function announcement(market: Market, at: number): Batch {
  const json = newMarket(market, Math.floor(at));
  const tokens = Object.values(market.tokens);
  return { events: [{ json, tokens, audience: 'global' }], array: false };
}

/** When a market next does something; the rate changes at the edges of its window. */
function nextStep(market: Market, feed: MarketFeed, from: number, rate: number): number | null {
  if (rate === 0) return null;
  const { opensAt, endsAt } = market.window;
  let at = from;
  for (const [until, share] of [
    [opensAt, QUIET_BEFORE],
    [endsAt, 1],
    [Number.POSITIVE_INFINITY, QUIET_AFTER],
  ] as const) {
    if (at >= until) continue;
    const candidate = at + feed.pause(rate * share);
    if (candidate < until) return candidate;
    at = until;
  }
  return null;
}

function next(window: Window, scale: number): Window {
  return windowOpeningAt(window.cadence, window.endsAt, scale);
}
