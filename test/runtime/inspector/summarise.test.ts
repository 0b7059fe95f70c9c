import { describe, expect, it } from 'vitest';
import { ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { eventDifference } from '../../../runtime/comparison/event-difference.ts';
import { inspectCommand } from '../../../runtime/inspector/command.ts';
import { EventTally, type MarketWindow } from '../../../runtime/inspector/event-tally.ts';
import { summarise } from '../../../runtime/inspector/summarise.ts';
import { type EventSummary, eventSummary } from '../../../runtime/inspector/summary.ts';
import { frame, LIMITS, provenanceOf, withFolder } from '../archive/rows.ts';
import { frameOf, MARKET, summaryOf } from '../gates/recorded-events.ts';
import { gap } from '../gates/recorded-run.ts';

const FROM = Date.parse('2026-11-21T10:00:00Z');
/** Of characters, small enough for few events to fill it. */
const BUDGET = 20_000;
const window = { since: new Date(FROM), until: new Date(FROM + 60_000) };

describe('a summary of events', () => {
  it('reads closed archives and open ones, and nothing else is wrong with an open one', () =>
    withFolder(async (dataRoot) => {
      const close = await record(dataRoot, 'r1', texts(0, 300));
      const open = await summarise({ dataRoot, ...window });
      await close();
      const closed = await summarise({ dataRoot, ...window });
      for (const summary of [open, closed]) {
        expect(summary).toMatchObject({ archives: 1, sample_bits: 0, problems: [] });
        expect(summary.markets).toHaveLength(1);
        const counts = summary.markets[0]?.buckets.map(({ count }) => count) ?? [];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
        expect(summary.latency_ms).toHaveLength(300);
      }
      expect(open.markets).toEqual(closed.markets);
      expect(differenceOf(open, closed)).toMatchObject({ markets: 1 });
    }));

  it('is one line of JSON of its schema, and says what it needs', () =>
    withFolder(async (dataRoot) => {
      await (await record(dataRoot, 'r1', texts(0, 10)))();
      const [since, until] = [window.since.toISOString(), window.until.toISOString()];
      const printed: string[] = [];
      const print = (text: string) => printed.push(text);
      await inspectCommand({ data: dataRoot, summary: true, since, until }, print);
      expect(eventSummary.parse(JSON.parse(printed[0] ?? '')).archives).toBe(1);
      for (const wrong of [
        { summary: true, since },
        { summary: true, until },
        { summary: true, since: until, until: since },
        { until },
        { span: '1s' },
        { summary: true, since, until, span: '0s' },
        { summary: true, since, until, json: true },
      ]) {
        await expect(inspectCommand({ data: dataRoot, ...wrong }, print)).rejects.toMatchObject({
          code: 'USAGE',
        });
      }
    }));

  it('is the same in whatever order, with whatever legs first, and however often an event came', () => {
    const leg = (side: string) => ({ asset_id: '1', side, price: '0.5' });
    const one = (stamp: number, legs: string[]) =>
      frameOf(stamp + 30, { event_type: 'price_change', price_changes: legs.map(leg) }, stamp);
    const stamps = [FROM + 100, FROM + 200, FROM + 6000];
    const first = tallied(stamps.map((stamp) => one(stamp, ['BUY', 'SELL'])));
    const second = tallied(
      [...stamps, FROM + 200].reverse().map((stamp) => one(stamp, ['SELL', 'BUY'])),
    );
    expect(second.markets.map(({ buckets }) => sorted(buckets))).toEqual(
      first.markets.map(({ buckets }) => sorted(buckets)),
    );
    expect(first.markets[0]?.buckets.map(({ count }) => count)).toEqual([2, 1]);
  });

  it('takes events of a connection beside the others, and no coverage: it had some tokens only', () => {
    const event = { event_type: 'price_change', n: 1 };
    const { covered, markets } = tallied([frameOf(FROM + 30, event, FROM, 'ws1~1')]);
    expect(covered).toEqual([]);
    expect(markets[0]?.buckets.map(({ count }) => count)).toEqual([1]);
  });

  it('leaves out announcements, and the books that answer a subscription', () => {
    const book = { event_type: 'book', market: MARKET, timestamp: String(FROM + 1) };
    const dump = { ...frameOf(FROM + 5, {}, FROM), raw_text: JSON.stringify([book]) };
    const announced = frameOf(FROM + 6, { event_type: 'new_market' }, FROM + 6);
    const { markets } = tallied([dump, announced, { ...dump, raw_text: 'PONG' }]);
    expect(markets).toEqual([
      { market: MARKET, opens_at: null, ends_at: null, first_at: FROM + 5, buckets: [] },
    ]);
  });

  it('keeps the markets that end soonest, whole, where not all fit, and says how many it left out', () => {
    const tally = new EventTally(FROM, FROM + 60_000, { budget: BUDGET });
    const marketOf = (n: number) => `0x${String(n).padStart(64, '0')}`;
    for (let n = 0; n < 40; n++) {
      for (let stamp = FROM; stamp < FROM + 60_000; stamp += 1000) {
        const event = { event_type: 'price_change', market: marketOf(n), stamp };
        tally.frame(frameOf(stamp + 3, event, stamp));
      }
    }
    const found = whole(tally, (market) => {
      const endsAt = FROM + (40 - Number(market)) * 300_000;
      return { opensAt: endsAt - 300_000, endsAt };
    });
    expect(JSON.stringify(found).length).toBeLessThan(BUDGET);
    expect(found.markets.length).toBeGreaterThan(2);
    expect(found.markets.map(({ market }) => market)).toEqual(
      found.markets.map((_market, index) => marketOf(39 - index)),
    );
    expect(found.markets.every(({ buckets }) => buckets.length === 12)).toBe(true);
    expect(found.markets_omitted).toBe(40 - found.markets.length);
  });

  it('cuts time into spans as long as it is told', () => {
    const frames = [100, 700, 1400].map((after) =>
      frameOf(FROM + after + 3, { event_type: 'price_change', after }, FROM + after),
    );
    const counts = (bucketMs: number) => {
      const tally = new EventTally(FROM, FROM + 60_000, { bucketMs });
      for (const one of frames) tally.frame(one);
      const { bucket_ms, markets } = whole(tally);
      return [bucket_ms, markets[0]?.buckets.map(({ at, count }) => [at - FROM, count])];
    };
    expect(counts(500)).toEqual([
      500,
      [
        [0, 1],
        [500, 1],
        [1000, 1],
      ],
    ]);
    expect(counts(5000)).toEqual([5000, [[0, 3]]]);
  });

  it('covers what its events vouch for, whatever the clock of the node said', () => {
    const tally = new EventTally(FROM, FROM + 60_000);
    const skewed = (stamp: number, connection: string) =>
      frameOf(stamp + 30_000, { event_type: 'price_change', stamp }, stamp, connection);
    tally.gap(gap('connect', FROM + 29_000, 'ws1-1', 1));
    for (const stamp of [1000, 2000, 9000]) tally.frame(skewed(FROM + stamp, 'ws1-1'));
    tally.gap(gap('disconnect', FROM + 45_000, 'ws1-1', 2));
    for (const stamp of [11_000, 20_000]) tally.frame(skewed(FROM + stamp, 'ws1-2'));
    expect(whole(tally).covered).toEqual([
      { from: FROM + 1000, to: FROM + 9000 },
      { from: FROM + 11_000, to: FROM + 20_000 },
    ]);
  });

  it('stays within its budget however much was recorded, and a comparison of samples still sees a loss', () => {
    const many = (every: number) => {
      const tally = new EventTally(FROM, FROM + 60_000, { budget: BUDGET });
      tally.gap(gap('connect', FROM - 60_000, 'ws1-1', 1));
      for (let n = -800; n < 6000; n++) {
        if (n % every === 7 % every) continue;
        const stamp = FROM + n * 10;
        tally.frame(frameOf(stamp + 3, { event_type: 'price_change', n }, stamp));
      }
      tally.frame(frameOf(FROM + 90_000, { event_type: 'x' }, FROM + 90_000));
      return whole(tally);
    };
    const [all, fewer] = [many(1_000_000), many(20)];
    expect(all.sample_bits).toBeGreaterThan(0);
    expect(JSON.stringify(all).length).toBeLessThan(BUDGET);
    const same = differenceOf(all, all);
    expect(same.types.every((one) => one.onlyCanary + one.onlyProduction === 0)).toBe(true);
    const [difference] = differenceOf(fewer, all).types;
    const total = (difference?.both ?? 0) + (difference?.onlyProduction ?? 0);
    expect((difference?.onlyProduction ?? 0) / total).toBeGreaterThan(0.01);
  });
});

describe('what is compared', () => {
  const options = { since: FROM, until: FROM + 120_000, at: FROM + 150_000 };
  const production = summaryOf(options);

  it('finds no difference between equal sides, and each missing event by its type', () => {
    const [equal] = [differenceOf(summaryOf(options), production)];
    expect(equal.buckets).toBe(24);
    expect(equal.types.every((one) => one.onlyCanary + one.onlyProduction === 0)).toBe(true);
    const number = Math.floor((FROM + 60_000) / 200);
    const without = (_type: string, n: number) => n === number;
    const lacking = differenceOf(summaryOf({ ...options, without }), production);
    expect(lacking.types.reduce((sum, one) => sum + one.onlyProduction, 0)).toBe(1);
    const more = differenceOf(production, summaryOf({ ...options, without }));
    expect(more.types.reduce((sum, one) => sum + one.onlyCanary, 0)).toBe(1);
  });

  it('leaves out the time around a lost connection, and no more', () => {
    const lost = { ...production, covered: cut(production, FROM + 50_000, FROM + 52_000) };
    const { buckets } = differenceOf(lost, production);
    expect(buckets).toBeGreaterThan(18);
    expect(buckets).toBeLessThan(24);
  });

  it('leaves out what comes before the window of a market', () => {
    const opens = (summary: EventSummary) => ({
      ...summary,
      markets: summary.markets.map((one) => ({ ...one, opens_at: FROM + 30_000 })),
    });
    expect(differenceOf(opens(production), production).buckets).toBe(18);
  });

  it('leaves out what comes after the end of a market', () => {
    const ends = (summary: EventSummary) => ({
      ...summary,
      markets: summary.markets.map((one) => ({ ...one, ends_at: FROM + 60_000 })),
    });
    expect(differenceOf(ends(production), production).buckets).toBe(12);
  });

  it('finds a market that the canary subscribed and never heard of', () => {
    const deaf = {
      ...production,
      markets: production.markets.map((one) => ({ ...one, first_at: null, buckets: [] })),
    };
    const { types } = differenceOf(deaf, production);
    expect(types.every((one) => one.both === 0 && one.onlyProduction > 0)).toBe(true);
  });
});

function differenceOf(canary: EventSummary, production: EventSummary) {
  return eventDifference(canary, production, { settleMs: 5000 });
}

function texts(from: number, to: number): { text: string; at: string }[] {
  return Array.from({ length: to - from }, (_, index) => {
    const stamp = FROM + (from + index) * 150;
    const event = frameOf(stamp + 20, { event_type: 'price_change', n: from + index }, stamp);
    return { text: event.raw_text, at: event.received_at };
  });
}

/** Records frames in an archive; the result closes it. */
async function record(
  dataRoot: string,
  run: string,
  frames: readonly { text: string; at: string }[],
) {
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: provenanceOf(run),
    limits: LIMITS,
  });
  for (const [index, { text, at }] of frames.entries()) writer.append(frame(index, { text, at }));
  await writer.flush();
  return async () => {
    await writer.close();
  };
}

function tallied(frames: readonly ReturnType<typeof frameOf>[]): EventSummary {
  const tally = new EventTally(FROM, FROM + 60_000);
  for (const one of frames) tally.frame(one);
  return whole(tally);
}

function whole(
  tally: EventTally,
  windowOf: (market: string) => MarketWindow | null = () => null,
): EventSummary {
  return {
    schema: 'orderbooks.summary.v1',
    summarised_at: new Date(FROM + 60_000).toISOString(),
    since: new Date(FROM).toISOString(),
    until: new Date(FROM + 60_000).toISOString(),
    archives: 1,
    ...tally.result(windowOf),
  };
}

function sorted(buckets: EventSummary['markets'][number]['buckets']) {
  return buckets.toSorted((a, b) => a.at - b.at);
}

function cut({ covered }: EventSummary, from: number, to: number): EventSummary['covered'] {
  return covered.flatMap((one) => [
    { from: one.from, to: from },
    { from: to, to: one.to },
  ]);
}
