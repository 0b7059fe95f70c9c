import { describe, expect, it } from 'vitest';
import { getJson, NOW, SLUG_5M, SLUG_15M, scenes } from './scene.ts';

const scene = scenes();

interface Row {
  readonly id: string;
  readonly slug: string;
  readonly closed: boolean;
  readonly active: boolean;
  readonly startDate: string;
  readonly endDate: string;
  readonly startTime: string;
  readonly eventStartTime: string;
  readonly outcomes: string;
  readonly outcomePrices: string;
  readonly clobTokenIds: string;
  readonly closedTime?: string;
  readonly markets: readonly Row[];
}

async function gamma() {
  const here = await scene({ rate: 0 });
  const get = async (path: string) => (await getJson(`${here.simulator.gammaUrl}${path}`)) as Row[];
  const slugs = async (path: string) => (await get(path)).map((row) => row.slug);
  return { ...here, get, slugs };
}

describe('Gamma', () => {
  it('finds events by slug, several at once, open or closed or far ahead', async () => {
    const { slugs } = await gamma();
    const past = 'btc-updown-5m-1795251600';
    const ahead = 'btc-updown-15m-1795338000';
    expect(await slugs(`/events?slug=${SLUG_5M}`)).toEqual([SLUG_5M]);
    expect((await slugs(`/events?slug=${SLUG_5M}&slug=${past}&slug=${ahead}`)).sort()).toEqual(
      [SLUG_5M, past, ahead].sort(),
    );
    expect(await slugs('/events?slug=no-such-market')).toEqual([]);
  });

  it('writes arrays as texts', async () => {
    const { get, market } = await gamma();
    const [event] = await get(`/events?slug=${SLUG_5M}`);
    const row = event?.markets[0];
    expect(row?.outcomes).toBe('["Up", "Down"]');
    expect(row?.outcomePrices).toBe('["0.505", "0.495"]');
    expect(JSON.parse(row?.clobTokenIds ?? '')).toEqual([market().tokens.Up, market().tokens.Down]);
  });

  it('has in startDate the listing a day before, and the window in eventStartTime', async () => {
    const { get, market } = await gamma();
    const [event] = await get(`/events?slug=${SLUG_5M}`);
    const row = event?.markets[0];
    expect(row?.eventStartTime).toBe('2026-11-21T10:00:00Z');
    expect(event?.startTime).toBe('2026-11-21T10:00:00Z');
    expect(row?.endDate).toBe('2026-11-21T10:05:00Z');
    const early = market().window.opensAt - Date.parse(row?.startDate ?? '');
    expect(early).toBeGreaterThan(23.5 * 3_600_000);
    expect(row?.startDate).toMatch(/\.\d{6}Z$/);
  });

  it('gives at most 100 rows and does not say that there are more', async () => {
    const { get } = await gamma();
    expect(await get('/events?limit=500')).toHaveLength(100);
    expect(await get('/events')).toHaveLength(20);
    expect(await get('/events?limit=3')).toHaveLength(3);
  });

  it('pages by offset until it is too large', async () => {
    const { simulator, slugs } = await gamma();
    const pages = [await slugs('/events?limit=2'), await slugs('/events?limit=2&offset=2')];
    expect(pages.flat()).toEqual(await slugs('/events?limit=4'));
    const response = await fetch(`${simulator.gammaUrl}/events?offset=2001`);
    expect(response.status).toBe(422);
    expect(await response.text()).toBe(
      '{"error":"offset too large, use /events/keyset for deeper pagination"}',
    );
  });

  it('ignores parameters it does not know', async () => {
    const { slugs } = await gamma();
    expect(await slugs('/events?limit=100&seriesId=10192&flavour=sweet')).toEqual(
      await slugs('/events?limit=100'),
    );
  });

  it('goes by keyset through every open market of a series with after_cursor', async () => {
    const { simulator } = await gamma();
    const seen: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const query = cursor === undefined ? '' : `&after_cursor=${cursor}`;
      const page = (await getJson(
        `${simulator.gammaUrl}/events/keyset?series_id=10684&closed=false&limit=50${query}`,
      )) as { events: Row[]; next_cursor?: string };
      seen.push(...page.events.map((event) => event.slug));
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBe(Math.ceil(seen.length / 50));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(285);
    expect(seen.every((slug) => slug.startsWith('btc-updown-5m-'))).toBe(true);
    expect(seen).toContain(SLUG_5M);
  });

  it('gives page 1 for ever to who says cursor', async () => {
    const { simulator } = await gamma();
    const page = async (query: string) =>
      (await getJson(`${simulator.gammaUrl}/events/keyset?limit=2${query}`)) as {
        events: Row[];
        next_cursor: string;
      };
    const first = await page('');
    expect(await page(`&cursor=${first.next_cursor}`)).toEqual(first);
    const second = await page(`&after_cursor=${first.next_cursor}`);
    expect(second.events[0]?.id).not.toBe(first.events[0]?.id);
  });

  it('gives up to 500 events and up to 100 markets by keyset', async () => {
    const { simulator } = await gamma();
    const events = await getJson(`${simulator.gammaUrl}/events/keyset?limit=1000`);
    const markets = await getJson(`${simulator.gammaUrl}/markets/keyset?limit=1000`);
    expect((events as { events: Row[] }).events.length).toBeGreaterThan(300);
    expect((markets as { markets: Row[] }).markets).toHaveLength(100);
  });

  it('selects by state and by dates, where start_date means the listing', async () => {
    const { slugs, get } = await gamma();
    const closed = await get('/events?closed=true&limit=100');
    expect(closed.length).toBeGreaterThan(10);
    expect(closed.every((event) => event.closed)).toBe(true);
    const ending = await slugs(
      '/events?limit=100&end_date_min=2026-11-21T10:05:00Z&end_date_max=2026-11-21T10:15:00Z',
    );
    expect(ending.sort()).toEqual([
      SLUG_15M,
      SLUG_5M,
      'btc-updown-5m-1795255500',
      'btc-updown-5m-1795255800',
    ]);
    // Who takes startDate for the opening of the window finds tomorrow's markets.
    const today = await slugs('/events?limit=100&start_date_min=2026-11-21T09:00:00Z');
    expect(today.length).toBeGreaterThan(0);
    expect(today).not.toContain(SLUG_5M);
  });

  it('orders by date and direction', async () => {
    const { get } = await gamma();
    const ends = (await get('/events?order=endDate&ascending=false&limit=100')).map((event) =>
      Date.parse(event.endDate),
    );
    expect(ends).toEqual(ends.toSorted((one, other) => other - one));
  });

  it('answers markets with their event, but closed ones only when asked', async () => {
    const { get, slugs } = await gamma();
    const [row] = await get(`/markets?slug=${SLUG_5M}`);
    expect(row).toMatchObject({
      slug: SLUG_5M,
      events: [{ startTime: '2026-11-21T10:00:00Z', seriesSlug: 'btc-up-or-down-5m' }],
    });
    const past = 'btc-updown-5m-1795251600';
    expect(await slugs(`/markets?slug=${past}`)).toEqual([]);
    expect(await slugs(`/markets?slug=${past}&closed=true`)).toEqual([past]);
  });

  it('answers one event or market by id and by slug as an object', async () => {
    const { simulator, get } = await gamma();
    const [event] = await get(`/events?slug=${SLUG_5M}`);
    const url = simulator.gammaUrl;
    expect(await getJson(`${url}/events/${event?.id}`)).toEqual(event);
    expect(await getJson(`${url}/events/slug/${SLUG_5M}`)).toEqual(event);
    expect(await getJson(`${url}/markets/slug/${SLUG_5M}`)).toMatchObject({ slug: SLUG_5M });
    expect((await fetch(`${url}/events/slug/none`)).status).toBe(404);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });

  it('closes a market about a minute after its end, before the stream empties it', async () => {
    const { get, market, clock, simulator } = await gamma();
    clock.advance(market().window.endsAt + 50_000 - NOW);
    expect((await get(`/events?slug=${SLUG_5M}`))[0]?.closed).toBe(false);
    clock.advance(40_001);
    const [event] = await get(`/events?slug=${SLUG_5M}`);
    expect(event?.closed).toBe(true);
    expect(JSON.parse(event?.markets[0]?.outcomePrices ?? '')).toEqual(
      market().winner === 'Up' ? ['1', '0'] : ['0', '1'],
    );
    expect(event?.markets[0]?.closedTime).toMatch(/^2026-11-21T10:0[56]:\d\dZ$/);
    expect(simulator.exchange.feed(market())).toBeDefined();
  });
});
