import { afterEach, describe, expect, it } from 'vitest';
import { Discovery } from '../../../runtime/polymarket/discovery.ts';
import { createHttpClient, type HttpClient } from '../../../runtime/polymarket/http.ts';
import type { ChoiceSettings } from '../../../runtime/polymarket/market-choice.ts';
import { gammaEvent, type Reply, type ScriptedServer, scriptedServer } from './gamma-server.ts';

/** 2026-11-21T10:02:00Z: two minutes into a 5m and a 15m window that opened together. */
const NOON = Date.UTC(2026, 10, 21, 10, 0, 0);
const NOW = NOON + 120_000;
const SETTINGS: ChoiceSettings = {
  cadences: ['5m', '15m'],
  lookAhead: 300_000,
  keepAfterEnd: 60_000,
  marketLimit: 0,
};
const FIVE = `btc-updown-5m-${NOON / 1000}`;
const NEXT_FIVE = `btc-updown-5m-${NOON / 1000 + 300}`;
const THIRD_FIVE = `btc-updown-5m-${NOON / 1000 + 600}`;
const FIFTEEN = `btc-updown-15m-${NOON / 1000}`;

let server: ScriptedServer;
let client: HttpClient;
afterEach(async () => {
  await client.close();
  await server.close();
});

async function discovery(
  answer: (path: string, query: URLSearchParams) => Reply,
  settings: Partial<ChoiceSettings> = {},
  now: () => number = () => NOW,
): Promise<Discovery> {
  server = await scriptedServer(answer);
  client = createHttpClient({ userAgent: 'test', timeoutMs: 500 });
  return new Discovery(client, server.url, { ...SETTINGS, ...settings }, now);
}

/** Answers `/events?slug=…` with every slug asked for, after `change`. */
function listing(change: (slug: string) => Record<string, unknown> = () => ({})) {
  return (_path: string, query: URLSearchParams): Reply => ({
    body: query.getAll('slug').map((slug) => gammaEvent(slug, change(slug))),
  });
}

const slugs = (markets: readonly { readonly slug: string }[]) => markets.map(({ slug }) => slug);

describe('discovery', () => {
  it('asks for the slugs of the clock and chooses what is open, soon open or just ended', async () => {
    const result = await (await discovery(listing())).refresh();
    expect(slugs(result.chosen)).toEqual([FIVE, FIFTEEN, NEXT_FIVE]);
    expect(server.requests[0]?.query.getAll('slug')).toContain(NEXT_FIVE);
    expect(result.problems).toEqual([]);
  });

  it('reads token ids from JSON text and from real arrays', async () => {
    const change = (slug: string) =>
      slug === FIVE ? { outcomes: ['Up', 'Down'], clobTokenIds: ['11', '22'] } : {};
    const result = await (await discovery(listing(change))).refresh();
    expect(result.chosen.map((market) => market.tokens.length)).toEqual([2, 2, 2]);
    expect(result.chosen[0]?.tokens).toEqual(['11', '22']);
  });

  it('takes the window from the slug and not from startDate, which is the day before', async () => {
    const result = await (await discovery(listing())).refresh();
    expect(result.chosen[0]?.opensAt).toBe(NOON);
    expect(result.chosen[0]?.endsAt).toBe(NOON + 300_000);
  });

  it('keeps a market that Gamma calls closed: the stream goes on after that', async () => {
    const result = await (await discovery(listing(() => ({ closed: true })))).refresh();
    expect(slugs(result.chosen)).toContain(FIVE);
  });

  it.each([
    ['blank', '["",""]', 'its token ids are not minted yet'],
    ['absent', null, 'its token ids are not minted yet'],
    ['too few', '["11"]', 'expected a decimal token id for each of 2 outcomes, got 11'],
    ['no numbers', '["a","b"]', 'expected a decimal token id for each of 2 outcomes, got a, b'],
  ])(
    'leaves out a market whose token ids are %s, and takes it once they are there',
    async (_, ids, reason) => {
      let minted = false;
      const change = (slug: string) => (slug === NEXT_FIVE && !minted ? { clobTokenIds: ids } : {});
      const subject = await discovery(listing(change));
      const early = await subject.refresh();
      expect(early.leftOut).toContainEqual({ slug: NEXT_FIVE, reason });
      expect(slugs(early.chosen)).not.toContain(NEXT_FIVE);
      minted = true;
      expect(slugs((await subject.refresh()).chosen)).toContain(NEXT_FIVE);
    },
  );

  it('says what Gamma does not list', async () => {
    const result = await (await discovery(() => ({ body: [] }))).refresh();
    expect(result.chosen).toEqual([]);
    expect(result.leftOut).toContainEqual({ slug: FIVE, reason: 'Gamma does not list it' });
  });

  it('drops what was not asked for, as when the filter is ignored', async () => {
    const far = `btc-updown-5m-${NOON / 1000 + 86_400}`;
    const reply = (path: string, query: URLSearchParams) => ({
      body: [
        ...(listing()(path, query).body as unknown[]),
        gammaEvent(far),
        { slug: 'x', markets: [] },
      ],
    });
    const result = await (await discovery(reply)).refresh();
    expect(slugs(result.found)).not.toContain(far);
    expect(result.problems).toEqual(['1 markets came that were not asked for']);
  });

  it('reads the other markets when one row has no known form', async () => {
    const reply = (path: string, query: URLSearchParams) => ({
      body: [
        7,
        { slug: FIVE, markets: [{ slug: FIVE }] },
        ...(listing()(path, query).body as unknown[]).slice(1),
      ],
    });
    const result = await (await discovery(reply)).refresh();
    expect(result.chosen.length).toBeGreaterThan(0);
    expect(result.problems.join()).toContain('conditionId');
  });

  it.each<[string, Reply]>([
    ['an error', { status: 500, body: { error: 'x' } }],
    ['a Cloudflare page', { status: 403, raw: '<html>Attention Required!</html>' }],
    ['HTML with status 200', { raw: '<html></html>' }],
    ['an object', { body: { error: 'x' } }],
    ['a truncated body', { raw: '[{"slug":', truncate: true }],
    ['silence', { silent: true }],
  ])('goes on with known markets while Gamma answers with %s', async (_name, reply) => {
    let broken = false;
    let now = NOW;
    const good = listing();
    const subject = await discovery(
      (path, query) => (broken ? reply : good(path, query)),
      {},
      () => now,
    );
    const before = await subject.refresh();
    broken = true;
    now += 1_000;
    const after = await subject.refresh();
    expect(slugs(after.chosen)).toEqual(slugs(before.chosen));
    expect(after.problems.length).toBe(1);
  });

  it('reports when Gamma says to ask again', async () => {
    const subject = await discovery(() => ({
      status: 429,
      headers: { 'retry-after': '7' },
      body: {},
    }));
    expect((await subject.refresh()).retryAfterMs).toBe(7_000);
  });

  it('rolls over: the next window is chosen before it opens, the last kept until its time is over', async () => {
    let now = NOON + 240_000;
    const subject = await discovery(listing(), { cadences: ['5m'] }, () => now);
    expect(slugs((await subject.refresh()).chosen)).toEqual([FIVE, NEXT_FIVE]);
    now = NOON + 300_000 + 59_000;
    expect(slugs((await subject.refresh()).chosen)).toContain(FIVE);
    now = NOON + 300_000 + 60_000;
    const late = await subject.refresh();
    expect(slugs(late.chosen)).not.toContain(FIVE);
    expect(slugs(late.chosen)).toContain(NEXT_FIVE);
  });
});

describe('a market limit', () => {
  it('takes the current window of each cadence first and says who was left out', async () => {
    const result = await (await discovery(listing(), { marketLimit: 2 })).refresh();
    expect(slugs(result.chosen)).toEqual([FIVE, FIFTEEN]);
    expect(result.leftOut).toContainEqual({
      slug: NEXT_FIVE,
      reason: 'the market limit of 2 is taken by others',
    });
  });

  it('is exact: the next window takes the place of the one that ends, at that moment', async () => {
    let now = NOW;
    const subject = await discovery(listing(), { marketLimit: 2 }, () => now);
    for (const [at, chosen] of [
      [NOON + 120_000, [FIVE, FIFTEEN]],
      [NOON + 299_999, [FIVE, FIFTEEN]],
      [NOON + 300_000, [FIFTEEN, NEXT_FIVE]],
      [NOON + 600_000, [FIFTEEN, THIRD_FIVE]],
    ] as const) {
      now = at;
      expect(slugs((await subject.refresh()).chosen)).toEqual(chosen);
    }
  });

  it.each([1, 2, 3, 4, 5, 6])('of %i is never exceeded and never wasted', async (marketLimit) => {
    let now = NOON;
    const subject = await discovery(listing(), { marketLimit }, () => now);
    for (; now < NOON + 1_800_000; now += 15_000) {
      const { chosen, found, leftOut } = await subject.refresh();
      const limited = leftOut.filter(({ reason }) => reason.includes('market limit'));
      const inTime = found.filter(({ opensAt }) => opensAt <= now + SETTINGS.lookAhead);
      expect(chosen.length).toBe(Math.min(marketLimit, inTime.length));
      expect(limited.length).toBe(inTime.length - chosen.length);
    }
  });

  it('gives spare places to the window before it opens, then to the one that ended', async () => {
    let now = NOON + 300_000 - 90_001;
    const subject = await discovery(listing(), { marketLimit: 2, cadences: ['5m'] }, () => now);
    await subject.refresh();
    now = NOON + 300_000 - 90_000;
    expect(slugs((await subject.refresh()).chosen)).toEqual([FIVE, NEXT_FIVE]);
    now = NOON + 300_000 + 59_999;
    expect(slugs((await subject.refresh()).chosen)).toEqual([FIVE, NEXT_FIVE]);
    now = NOON + 300_000 + 60_000;
    expect(slugs((await subject.refresh()).chosen)).toEqual([NEXT_FIVE, THIRD_FIVE]);
  });

  it('hands places on without asking Gamma, and says when that is due', async () => {
    let now = NOW;
    const subject = await discovery(listing(), { marketLimit: 2 }, () => now);
    await subject.refresh();
    const asked = server.requests.length;
    expect(subject.rolloverInMs).toBe(180_000);
    now += 180_000;
    expect(slugs(subject.choose().chosen)).toEqual([FIFTEEN, NEXT_FIVE]);
    expect(server.requests.length).toBe(asked);
  });

  it('of 0 takes every market inside the look-ahead, and nothing is handed on', async () => {
    const subject = await discovery(listing(), { marketLimit: 0 });
    const { chosen, found } = await subject.refresh();
    expect(chosen).toHaveLength(found.length);
    expect(subject.rolloverInMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('markets that go by the clock of New York', () => {
  const HOUR = 'bitcoin-up-or-down-november-21-2026-5am-et';
  const OLD_HOUR = 'bitcoin-up-or-down-november-21-5am-et';
  const at = (iso: string) => ({ eventStartTime: iso });
  const hourly = { cadences: ['1h'] as const, lookAhead: 0, keepAfterEnd: 0 };

  it('are asked for with and without their year', async () => {
    const subject = await discovery(() => ({ body: [] }), hourly);
    const { leftOut } = await subject.refresh();
    expect(server.requests[0]?.query.getAll('slug')).toEqual([HOUR, OLD_HOUR]);
    expect(leftOut).toEqual([{ slug: HOUR, reason: 'Gamma does not list it' }]);
  });

  it.each([HOUR, OLD_HOUR])('are taken under the name %s', async (slug) => {
    const row = gammaEvent(slug, at('2026-11-21T10:00:00Z'));
    const { chosen, leftOut } = await (await discovery(() => ({ body: [row] }), hourly)).refresh();
    expect(chosen).toMatchObject([{ slug, opensAt: NOON, endsAt: NOON + 3_600_000 }]);
    expect(leftOut).toEqual([]);
  });

  it('of another year are left out: a name without a year comes back', async () => {
    const row = gammaEvent(OLD_HOUR, { ...at('2025-11-21T10:00:00Z'), closed: true });
    const { chosen, leftOut } = await (await discovery(() => ({ body: [row] }), hourly)).refresh();
    expect(chosen).toEqual([]);
    expect(leftOut.map(({ reason }) => reason)).toContain(
      "is another year's: it begins or ends at 2025-11-21T10:00:00Z",
    );
  });

  it('in the hour that comes twice are the one that eventStartTime says', async () => {
    const now = Date.parse('2026-11-01T06:30:00Z');
    const slug = 'bitcoin-up-or-down-november-1-2026-1am-et';
    const row = gammaEvent(slug, at('2026-11-01T06:00:00Z'));
    const settings = { ...hourly, keepAfterEnd: 3_600_000 };
    const subject = await discovery(
      () => ({ body: [row] }),
      settings,
      () => now,
    );
    expect((await subject.refresh()).chosen).toMatchObject([
      { opensAt: Date.parse('2026-11-01T06:00:00Z'), endsAt: Date.parse('2026-11-01T07:00:00Z') },
    ]);
  });

  it('of four hours are found in winter, when their grid is not that of UTC', async () => {
    const subject = await discovery(listing(), { ...hourly, cadences: ['4h'] });
    const opensAt = Date.parse('2026-11-21T09:00:00Z');
    expect((await subject.refresh()).chosen).toMatchObject([
      { slug: `btc-updown-4h-${opensAt / 1000}`, opensAt, endsAt: opensAt + 4 * 3_600_000 },
    ]);
  });
});

describe('reconciling with the series', () => {
  it('follows after_cursor to the end and learns what the slugs did not find', async () => {
    const subject = await discovery((path, query) => {
      if (path !== '/events/keyset') return { body: [] };
      if (query.get('series_id') !== '10684') return { body: { events: [] } };
      return query.get('after_cursor') === 'two'
        ? { body: { events: [gammaEvent(NEXT_FIVE)] } }
        : { body: { events: [gammaEvent(FIVE)], next_cursor: 'two' } };
    });
    await subject.refresh();
    expect(await subject.reconcile()).toEqual([
      `${FIVE} was found by its series and not by its slug`,
      `${NEXT_FIVE} was found by its series and not by its slug`,
    ]);
    expect(slugs((await subject.refresh()).chosen)).toEqual([FIVE, NEXT_FIVE]);
  });

  it('stops at a cursor that does not advance', async () => {
    const subject = await discovery(() => ({ body: { events: [], next_cursor: 'same' } }));
    const problems = await subject.reconcile();
    expect(problems[0]).toContain('does not advance');
    expect(server.requests.length).toBe(4);
  });

  it('takes a market with another name by the times that Gamma gives', async () => {
    const slug = 'btc-updown-5m-extra-1';
    const row = gammaEvent(slug, {
      eventStartTime: new Date(NOON).toISOString(),
      endDate: new Date(NOON + 300_000).toISOString(),
    });
    const none = gammaEvent('btc-updown-5m-extra-2', {
      eventStartTime: new Date(NOON).toISOString(),
      endDate: new Date(NOON).toISOString(),
    });
    const subject = await discovery((path) => ({
      body: path === '/events/keyset' ? { events: [row, none, gammaEvent('eth-updown-5m-1')] } : [],
    }));
    await subject.refresh();
    expect(await subject.reconcile()).toEqual([
      `${slug} was found by its series and not by its slug`,
    ]);
    expect((await subject.refresh()).chosen).toMatchObject([
      { slug, opensAt: NOON, endsAt: NOON + 300_000 },
    ]);
  });

  it('looks up the id of a series by its name, once, and believes only a row of that name', async () => {
    let listed = [{ id: '7', slug: 'somebody-else' }];
    const subject = await discovery(
      (path) => ({ body: path === '/series' ? listed : { events: [] } }),
      { cadences: ['4h'] },
    );
    expect(await subject.reconcile()).toEqual([
      'Gamma lists no series btc-up-or-down-4h: 4h is not compared',
    ]);
    listed = [...listed, { id: '9', slug: 'btc-up-or-down-4h' }];
    expect(await subject.reconcile()).toEqual([]);
    expect(await subject.reconcile()).toEqual([]);
    const asked = server.requests.map(({ path, query }) => query.get('series_id') ?? path);
    expect(asked).toEqual(['/series', '/series', '9', '9']);
  });

  it('ignores markets a day ahead', async () => {
    const far = `btc-updown-5m-${NOON / 1000 + 86_400}`;
    const subject = await discovery(() => ({ body: { events: [gammaEvent(far)] } }));
    expect(await subject.reconcile()).toEqual([]);
    expect((await subject.refresh()).found).toEqual([]);
  });
});
