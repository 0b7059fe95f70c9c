import type { EventSummary, SummaryBucket } from '../inspector/summary.ts';

/** Events of one type in the buckets that both sides could have recorded whole. */
export interface TypeDifference {
  readonly type: string;
  readonly both: number;
  readonly onlyCanary: number;
  readonly onlyProduction: number;
}

export interface EventDifference {
  readonly markets: number;
  /** Buckets of a market that were compared, empty ones included. */
  readonly buckets: number;
  readonly types: readonly TypeDifference[];
}

/** How two summaries are held against each other. */
export interface DifferenceTerms {
  /**
   * Milliseconds that a connection must have been open before and after a bucket: events reach two connections at
   * different times, and a subscription takes effect a moment after it is sent.
   */
  readonly settleMs: number;
}

/**
 * Where the canary never heard of a market that it subscribed, production must have heard of it so many times the
 * settling time before.
 */
const UNHEARD_SETTLES = 6;

/**
 * What one side kept and the other did not, by type. Only buckets are compared in which both had an open connection with
 * time to spare before and after, and knew the market: what was lost with a connection is judged by reconnects.
 */
export function eventDifference(
  canary: EventSummary,
  production: EventSummary,
  { settleMs }: DifferenceTerms,
): EventDifference {
  const bucketMs = canary.bucket_ms;
  if (production.bucket_ms !== bucketMs) {
    throw new RangeError(
      `expected buckets of one length, got ${bucketMs} and ${production.bucket_ms} ms`,
    );
  }
  const bits = Math.max(canary.sample_bits, production.sample_bits);
  const types = new Map<string, { both: number; onlyCanary: number; onlyProduction: number }>();
  const common = bucketsOf(canary, production, settleMs);
  let [markets, buckets] = [0, 0];
  for (const own of canary.markets) {
    const other = production.markets.find((one) => one.market === own.market);
    if (other === undefined || other.first_at === null) continue;
    const knownFrom =
      own.first_at === null
        ? other.first_at + UNHEARD_SETTLES * settleMs
        : Math.max(own.first_at, other.first_at) + settleMs;
    // Before its window opens a market may lose its place under a limit; while it is open it keeps it (market-choice.ts).
    const opensAt = own.opens_at ?? other.opens_at ?? 0;
    const knownTo = own.ends_at ?? other.ends_at ?? Number.POSITIVE_INFINITY;
    const instants = common.filter(
      (at) => at >= Math.max(knownFrom, opensAt) && at + bucketMs <= knownTo,
    );
    if (instants.length > 0) markets++;
    buckets += instants.length;
    const compared = new Set(instants);
    for (const key of keysOf(own.buckets, other.buckets)) {
      const [mine, theirs] = [own.buckets, other.buckets].map((all) =>
        all.find((one) => keyOf(one) === key),
      );
      const { at, type } = (mine ?? theirs) as SummaryBucket;
      if (!compared.has(at)) continue;
      const sum = types.get(type) ?? { both: 0, onlyCanary: 0, onlyProduction: 0 };
      types.set(type, sum);
      const found = difference(mine, theirs, bits);
      sum.both += found.both;
      sum.onlyCanary += found.onlyCanary;
      sum.onlyProduction += found.onlyProduction;
    }
  }
  return {
    markets,
    buckets,
    types: [...types]
      .map(([type, sums]) => ({ type, ...sums }))
      .sort((a, b) => (a.type < b.type ? -1 : 1)),
  };
}

function bucketsOf(
  canary: EventSummary,
  production: EventSummary,
  settleMs: number,
): readonly number[] {
  const bucketMs = canary.bucket_ms;
  const from = Math.max(Date.parse(canary.since), Date.parse(production.since));
  const to = Math.min(Date.parse(canary.until), Date.parse(production.until));
  const isCovered = ({ covered }: EventSummary, at: number): boolean =>
    covered.some((one) => one.from + settleMs <= at && one.to >= at + bucketMs + settleMs);
  const instants: number[] = [];
  for (let at = Math.ceil(from / bucketMs) * bucketMs; at + bucketMs <= to; at += bucketMs) {
    if (isCovered(canary, at) && isCovered(production, at)) instants.push(at);
  }
  return instants;
}

function difference(
  mine: SummaryBucket | undefined,
  theirs: SummaryBucket | undefined,
  bits: number,
) {
  if (mine !== undefined && mine.digest === theirs?.digest && mine.count === theirs.count) {
    return { both: mine.count, onlyCanary: 0, onlyProduction: 0 };
  }
  const scale = 2 ** bits;
  const [own, other] = [idsOf(mine, scale), idsOf(theirs, scale)];
  const both = [...own].filter((id) => other.has(id)).length;
  // The sample may miss what the digests say; a different count is at least that many.
  const [more, less] = [(mine?.count ?? 0) - (theirs?.count ?? 0), 0];
  return {
    both: both * scale,
    onlyCanary: Math.max((own.size - both) * scale, more, less),
    onlyProduction: Math.max((other.size - both) * scale, -more, less),
  };
}

function idsOf(bucket: SummaryBucket | undefined, scale: number): ReadonlySet<number> {
  const bytes = Buffer.from(bucket?.ids ?? '', 'base64');
  const ids = new Set<number>();
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const id = bytes.readUInt32BE(at);
    if (id % scale === 0) ids.add(id);
  }
  return ids;
}

function keyOf({ at, type }: SummaryBucket): string {
  return `${at} ${type}`;
}

function keysOf(...all: readonly (readonly SummaryBucket[])[]): ReadonlySet<string> {
  return new Set(all.flatMap((buckets) => buckets.map(keyOf)));
}
