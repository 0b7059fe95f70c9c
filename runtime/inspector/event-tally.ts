import { createHash, hash } from 'node:crypto';
import type { FrameRow, GapRow } from '../archive/row.ts';
import { canonicalJson } from '../config/load.ts';
import { BUCKET_MS, type EventSummary, type SummaryBucket } from './summary.ts';

/** A busy market has some hundred events a second; ten minutes of a dozen are less. */
const MOST_EVENTS = 1_000_000;
/** Of 400 on each side the interval of the median shift is some hundredths of the spread wide. */
const LATENCIES = 400;
/** Kubernetes hands logs over line by line; a report of this size is read whole everywhere. */
const BUDGET_CHARACTERS = 262_144;
/** What a bucket takes beside its ids, and one id in base64. */
const BUCKET_CHARACTERS = 120;
const ID_CHARACTERS = 16 / 3;
/** Announcements concern no market that is recorded. */
const LEFT_OUT = new Set(['new_market']);

interface Market {
  firstAt: number | null;
  /** Ids by `<bucket> <type>`. */
  readonly buckets: Map<string, Set<number>>;
}

/** Counts events of a window, and follows when a connection was open. Rows of one run come in their order. */
export class EventTally {
  readonly #since: number;
  readonly #until: number;
  readonly #budget: number;
  readonly #markets = new Map<string, Market>();
  readonly #open = new Map<string, { from: number; to: number }>();
  readonly #covered: { from: number; to: number }[] = [];
  readonly #latency = new Map<number, number>();
  #events = 0;
  readonly problems: string[] = [];

  /** The window in milliseconds since 1970, and how long the result may be as JSON. */
  constructor(since: number, until: number, budget = BUDGET_CHARACTERS) {
    this.#since = since;
    this.#until = until;
    this.#budget = budget;
  }

  /** A market that was subscribed, whether or not anything came. */
  expect(market: string): void {
    this.#market(market);
  }

  frame(row: FrameRow): void {
    const at = Date.parse(row.received_at);
    const open = this.#open.get(row.connection_id);
    if (open === undefined) this.#open.set(row.connection_id, { from: at, to: at });
    else open.to = at;
    const value = parsed(row.raw_text);
    const inArray = Array.isArray(value);
    for (const event of inArray ? value : [value]) this.#event(event, at, inArray);
  }

  gap(row: GapRow): void {
    const at = Date.parse(row.at);
    if (row.reason === 'connect' && row.connection_id !== null) {
      this.#close(row.connection_id);
      this.#open.set(row.connection_id, { from: at, to: at });
    } else if (row.reason === 'shutdown' || row.reason === 'crash') {
      this.endOfRun();
    } else if (row.reason === 'overflow') {
      // What was lost is said here; the coverage is broken as by a lost connection.
      this.endOfRun();
    } else if (row.connection_id !== null) {
      this.#close(row.connection_id);
    }
  }

  /** No row says what comes after: what was open is covered up to its last frame. */
  endOfRun(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
  }

  result(
    endsAt: (market: string) => number | null,
  ): Omit<EventSummary, 'schema' | 'summarised_at' | 'since' | 'until' | 'archives'> {
    this.endOfRun();
    const bits = this.#sampleBits();
    return {
      sample_bits: bits,
      covered: this.#covered.toSorted((a, b) => a.from - b.from),
      markets: [...this.#markets].map(([market, { firstAt, buckets }]) => ({
        market,
        ends_at: endsAt(market),
        first_at: firstAt,
        buckets: [...buckets].map(([key, ids]) => bucketOf(key, ids, bits)),
      })),
      latency_ms: [...this.#latency]
        .toSorted(([a], [b]) => a - b)
        .slice(0, LATENCIES)
        .map(([, latency]) => latency),
      problems: this.problems,
    };
  }

  #event(event: unknown, at: number, inArray: boolean): void {
    if (typeof event !== 'object' || event === null) return;
    const { event_type: type, market, timestamp } = event as Readonly<Record<string, unknown>>;
    if (typeof type !== 'string' || typeof market !== 'string' || LEFT_OUT.has(type)) return;
    const seen = this.#market(market);
    seen.firstAt = Math.min(seen.firstAt ?? at, at);
    const stamp = Number(timestamp);
    // Books in an array answer a subscription: each side gets its own when it subscribes.
    const isOwn = inArray && type === 'book';
    if (isOwn || !(stamp >= this.#since && stamp < this.#until)) return;
    const id = idOf(event as Readonly<Record<string, unknown>>);
    const key = `${Math.floor(stamp / BUCKET_MS) * BUCKET_MS} ${type}`;
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
    if (open !== undefined && open.to > open.from) this.#covered.push({ ...open });
    this.#open.delete(id);
  }

  /** As few ids as the budget demands, the same ones on both sides. */
  #sampleBits(): number {
    const buckets = [...this.#markets.values()].reduce((sum, one) => sum + one.buckets.size, 0);
    const left = this.#budget - LATENCIES * 8 - buckets * BUCKET_CHARACTERS;
    let bits = 0;
    while (bits < 32 && (this.#events / 2 ** bits) * ID_CHARACTERS > left) bits++;
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
