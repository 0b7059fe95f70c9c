import { createHash, hash } from 'node:crypto';
import { isBeside } from '../archive/connection-id.ts';
import type { FrameRow, GapRow } from '../archive/row.ts';
import { canonicalJson } from '../config/load.ts';
import { BUCKET_MS, type EventSummary, type SummaryBucket } from './summary.ts';

/** A busy market has some hundred events a second; ten minutes of a dozen are less. */
const MOST_EVENTS = 1_000_000;
/** Of 400 on each side the interval of the median shift is some hundredths of the spread wide. */
const LATENCIES = 400;
/** Kubernetes hands logs over line by line; a report of this size is read whole everywhere. */
const BUDGET_CHARACTERS = 262_144;
/** What a market and a bucket take beside their ids, one id in base64, and one latency. */
const MARKET_CHARACTERS = 160;
const BUCKET_CHARACTERS = 120;
const LATENCY_CHARACTERS = 8;
const ID_CHARACTERS = 16 / 3;
/** The rest of the budget is for ids: without some of each bucket no loss could be told from another. */
const BUCKETS_SHARE = 0.75;
/** Announcements concern no market that is recorded. */
const LEFT_OUT = new Set(['new_market']);

interface Market {
  firstAt: number | null;
  /** Ids by `<bucket> <type>`. */
  readonly buckets: Map<string, Set<number>>;
}

/** Milliseconds since 1970. */
export interface MarketWindow {
  readonly opensAt: number;
  readonly endsAt: number;
}

export interface TallyOptions {
  readonly bucketMs?: number;
  readonly budget?: number;
}

/** Counts events of a window, and follows when a connection was open. Rows of one run come in their order. */
export class EventTally {
  readonly #since: number;
  readonly #until: number;
  readonly #budget: number;
  readonly #bucketMs: number;
  readonly #markets = new Map<string, Market>();
  readonly #open = new Map<string, { from: number; to: number }>();
  readonly #covered: { from: number; to: number }[] = [];
  readonly #latency = new Map<number, number>();
  #events = 0;
  readonly problems: string[] = [];

  /** The window in milliseconds since 1970, how long a bucket is, and how long the result may be as JSON. */
  constructor(since: number, until: number, options: TallyOptions = {}) {
    this.#since = since;
    this.#until = until;
    this.#budget = options.budget ?? BUDGET_CHARACTERS;
    this.#bucketMs = options.bucketMs ?? BUCKET_MS;
  }

  /** A market that was subscribed, whether or not anything came. */
  expect(market: string): void {
    this.#market(market);
  }

  frame(row: FrameRow): void {
    const at = Date.parse(row.received_at);
    const value = parsed(row.raw_text);
    const inArray = Array.isArray(value);
    for (const event of inArray ? value : [value]) {
      const stamp = this.#event(event, at, inArray);
      // A connection beside the others brings events and covers nothing: it had some tokens only.
      if (stamp !== null && !isBeside(row.connection_id)) this.#covers(row.connection_id, stamp);
    }
  }

  gap(row: GapRow): void {
    if (row.reason === 'connect' && row.connection_id !== null) {
      this.#close(row.connection_id);
    } else if (row.reason === 'shutdown' || row.reason === 'crash') {
      this.endOfRun();
    } else if (row.reason === 'overflow') {
      // What was lost is said here; the coverage is broken as by a lost connection.
      this.endOfRun();
    } else if (row.connection_id !== null) {
      this.#close(row.connection_id);
    }
  }

  /** No row says what comes after. */
  endOfRun(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
  }

  result(
    windowOf: (market: string) => MarketWindow | null,
  ): Omit<EventSummary, 'schema' | 'summarised_at' | 'since' | 'until' | 'archives'> {
    this.endOfRun();
    const kept = this.#fitting((market) => windowOf(market)?.endsAt ?? Number.POSITIVE_INFINITY);
    const bits = this.#sampleBits(kept);
    return {
      bucket_ms: this.#bucketMs,
      sample_bits: bits,
      covered: this.#covered.toSorted((a, b) => a.from - b.from),
      markets: kept.map(([market, { firstAt, buckets }]) => ({
        market,
        opens_at: windowOf(market)?.opensAt ?? null,
        ends_at: windowOf(market)?.endsAt ?? null,
        first_at: firstAt,
        buckets: [...buckets].map(([key, ids]) => bucketOf(key, ids, bits)),
      })),
      markets_omitted: this.#markets.size - kept.length,
      latency_ms: [...this.#latency]
        .toSorted(([a], [b]) => a - b)
        .slice(0, LATENCIES)
        .map(([, latency]) => latency),
      problems: this.problems,
    };
  }

  /**
   * What arrives in order vouches for what was sent before it, whatever the clocks of the nodes say: a connection covers
   * the time from its first event to its last, by the service's time stamps.
   */
  #covers(connection: string, stamp: number): void {
    const open = this.#open.get(connection);
    if (open === undefined) this.#open.set(connection, { from: stamp, to: stamp });
    else open.to = Math.max(open.to, stamp);
  }

  /** Its time stamp, if it was sent because it happened, and not because somebody subscribed. */
  #event(event: unknown, at: number, inArray: boolean): number | null {
    if (typeof event !== 'object' || event === null) return null;
    const { event_type: type, market, timestamp } = event as Readonly<Record<string, unknown>>;
    if (typeof type !== 'string' || typeof market !== 'string' || LEFT_OUT.has(type)) return null;
    const seen = this.#market(market);
    seen.firstAt = Math.min(seen.firstAt ?? at, at);
    const stamp = Number(timestamp);
    // Books in an array answer a subscription: each side gets its own when it subscribes.
    if ((inArray && type === 'book') || !Number.isFinite(stamp)) return null;
    if (stamp >= this.#since && stamp < this.#until) {
      this.#count(seen, { type, stamp, at }, event as Readonly<Record<string, unknown>>);
    }
    return stamp;
  }

  #count(
    seen: Market,
    { type, stamp, at }: { readonly type: string; readonly stamp: number; readonly at: number },
    event: Readonly<Record<string, unknown>>,
  ): void {
    const id = idOf(event);
    const key = `${Math.floor(stamp / this.#bucketMs) * this.#bucketMs} ${type}`;
    const ids = seen.buckets.get(key) ?? new Set();
    seen.buckets.set(key, ids);
    // Redundant connections bring each event again; the first receipt counts.
    if (ids.has(id)) return;
    this.#events++;
    if (this.#events === MOST_EVENTS) {
      this.problems.push(`more than ${MOST_EVENTS} events: the rest is not compared`);
    }
    if (this.#events >= MOST_EVENTS) return;
    ids.add(id);
    if (type === 'price_change') this.#latency.set(id, at - stamp);
  }

  #market(market: string): Market {
    const known = this.#markets.get(market);
    if (known !== undefined) return known;
    const fresh: Market = { firstAt: null, buckets: new Map() };
    this.#markets.set(market, fresh);
    return fresh;
  }

  #close(id: string): void {
    const open = this.#open.get(id);
    if (open !== undefined && open.to > open.from) this.#covered.push(open);
    this.#open.delete(id);
  }

  /**
   * Whole markets that fit, those that end soonest first: what a canary with a limit records is among them, whatever
   * production records besides.
   */
  #fitting(endOf: (market: string) => number): readonly (readonly [string, Market])[] {
    let left = (this.#budget - LATENCIES * LATENCY_CHARACTERS) * BUCKETS_SHARE;
    return [...this.#markets]
      .toSorted(([a], [b]) => {
        const [one, other] = [endOf(a), endOf(b)];
        return one === other ? (a < b ? -1 : 1) : one - other;
      })
      .filter(([, { buckets }]) => {
        left -= MARKET_CHARACTERS + buckets.size * BUCKET_CHARACTERS;
        return left >= 0;
      });
  }

  /** As few ids as the budget demands, the same ones on both sides. */
  #sampleBits(markets: readonly (readonly [string, Market])[]): number {
    const buckets = markets.flatMap(([, market]) => [...market.buckets.values()]);
    const events = buckets.reduce((sum, ids) => sum + ids.size, 0);
    const left =
      this.#budget -
      LATENCIES * LATENCY_CHARACTERS -
      markets.length * MARKET_CHARACTERS -
      buckets.length * BUCKET_CHARACTERS;
    let bits = 0;
    while (bits < 32 && (events / 2 ** bits) * ID_CHARACTERS > left) bits++;
    return bits;
  }
}

function bucketOf(key: string, ids: ReadonlySet<number>, bits: number): SummaryBucket {
  const [at, type = ''] = key.split(' ');
  const sorted = [...ids].sort((a, b) => a - b);
  const sample = sorted.filter((id) => id % 2 ** bits === 0);
  return {
    at: Number(at),
    type,
    count: sorted.length,
    digest: createHash('sha256').update(bytesOf(sorted)).digest('hex').slice(0, 16),
    ids: bytesOf(sample).toString('base64'),
  };
}

function bytesOf(ids: readonly number[]): Buffer {
  const bytes = Buffer.alloc(ids.length * 4);
  for (const [at, id] of ids.entries()) bytes.writeUInt32BE(id, at * 4);
  return bytes;
}

/** The legs of a price change come in either order, so an event is known by its sorted content. */
function idOf(event: Readonly<Record<string, unknown>>): number {
  const legs = event['price_changes'];
  const same = Array.isArray(legs)
    ? { ...event, price_changes: legs.map((leg) => canonicalJson(leg)).sort() }
    : event;
  return Number.parseInt(hash('sha256', canonicalJson(same)).slice(0, 8), 16);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // PONG and the like are no events.
    return null;
  }
}
