import { afterEach, describe, expect, it } from 'vitest';
import { duration } from '../../../runtime/config/schema.ts';
import { Discovery } from '../../../runtime/polymarket/discovery.ts';
import { createHttpClient } from '../../../runtime/polymarket/http.ts';
import { CADENCES } from '../../../runtime/polymarket/slug.ts';
import { eventsOf, Follower, market, record } from './recording.ts';
import { getJson, NOW, scenes, tokensOf } from './scene.ts';

const scene = scenes();
const LISTED = { cadences: [...CADENCES] };
const HOURLY = 'bitcoin-up-or-down-november-21-2026-5am-et';
// Four hours of New York's clock: 04:00 there is 09:00Z in winter.
const FOUR_HOURLY = `btc-updown-4h-${Date.UTC(2026, 10, 21, 9) / 1000}`;
// From noon to noon, named after the day on which it ends.
const DAILY = 'bitcoin-up-or-down-on-november-21-2026';
const clients: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

describe('markets of an hour, four hours and a day', () => {
  it('are listed under their slugs, open, with books and prices', () => {
    const recording = record({ ...LISTED, rate: 20 });
    for (const [slug, opensAt, endsAt] of [
      [HOURLY, Date.UTC(2026, 10, 21, 10), Date.UTC(2026, 10, 21, 11)],
      [FOUR_HOURLY, Date.UTC(2026, 10, 21, 9), Date.UTC(2026, 10, 21, 13)],
      [DAILY, Date.UTC(2026, 10, 20, 17), Date.UTC(2026, 10, 21, 17)],
    ] as const) {
      expect(market(recording, slug).window).toMatchObject({ opensAt, endsAt });
      expect(recording.exchange.feed(market(recording, slug))).toBeDefined();
    }
    const follower = new Follower(recording, market(recording, HOURLY));
    recording.exchange.runUntil(NOW + 20_000);
    for (const event of eventsOf(recording.frames)) follower.apply(event);
    expect(follower.failures).toBe(0);
    const own = market(recording, DAILY).conditionId;
    expect(recording.frames.filter((frame) => frame.includes(own)).length).toBeGreaterThan(100);
  });

  it('have ids, conditions and tokens of their own', () => {
    const all = [...record(LISTED).exchange.markets()];
    expect(new Set(all.map(({ window }) => window.cadence)).size).toBe(CADENCES.length);
    for (const values of [
      all.map(({ id }) => id),
      all.map(({ eventId }) => eventId),
      all.map(({ conditionId }) => conditionId),
      tokensOf(...all),
    ]) {
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it('are listed once where two hours of a night have one slug', () => {
    // New York's clocks go back on 2026-11-01 at 06:00Z; the hour from 01:00 comes twice.
    const start = Date.UTC(2026, 10, 1, 5, 30);
    const recording = record({ cadences: ['1h'], rate: 0 }, start);
    const slug = 'bitcoin-up-or-down-november-1-2026-1am-et';
    const found = [...recording.exchange.markets()].filter(({ window }) => window.slug === slug);
    expect(found).toHaveLength(1);
    expect(found[0]?.window.opensAt).toBe(Date.UTC(2026, 10, 1, 5));
  });

  it('are found by the discovery of the recorder, and belong to their series in Gamma', async () => {
    const { simulator } = await scene(LISTED);
    const client = createHttpClient({ userAgent: 'test', timeoutMs: 5_000 });
    clients.push(client);
    const ms = (text: string) => duration.parse(text);
    const discovery = new Discovery(
      client,
      simulator.gammaUrl,
      {
        cadences: [...CADENCES],
        lookAhead: ms('1m'),
        keepAfterEnd: ms('10s'),
        marketLimit: 0,
        windowScale: 1,
      },
      () => NOW,
    );
    const look = await discovery.refresh();
    const slugs = look.chosen.map(({ slug }) => slug);
    expect(slugs).toEqual(expect.arrayContaining([HOURLY, FOUR_HOURLY, DAILY]));
    expect(slugs).toHaveLength(CADENCES.length);
    const events = (await getJson(`${simulator.gammaUrl}/events?series_id=41&limit=100`)) as {
      slug: string;
    }[];
    expect(events.map(({ slug }) => slug)).toContain(DAILY);
  });

  it('cannot be sped up, and the option says so', async () => {
    await expect(scene({ ...LISTED, windowScale: 0.1 })).rejects.toMatchObject({
      code: 'SIMULATOR_OPTION_INVALID',
      message: expect.stringContaining('1h, 4h, 1d'),
    });
  });
});
