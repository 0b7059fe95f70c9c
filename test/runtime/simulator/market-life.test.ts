import { describe, expect, it } from 'vitest';
import { eventsOf, Follower, market, ofType, record } from './recording.ts';
import { NOW, SLUG_5M, SLUG_15M, tokensOf } from './scene.ts';

describe('life of a market', () => {
  it('is minted about a day ahead, with a stable identity', () => {
    const recording = record();
    const ahead = [...recording.exchange.markets()].map((each) => each.window.opensAt - NOW);
    const day = 24 * 3_600_000;
    expect(Math.max(...ahead)).toBeGreaterThan(day - 15 * 60_000);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(day);
    const later = record({}, NOW + 3_600_000);
    expect(market(later, SLUG_15M)).toEqual(market(recording, SLUG_15M));
    expect(record({ seed: 'x' }).exchange.bySlug(SLUG_5M)?.tokens).not.toEqual(
      market(recording).tokens,
    );
    for (const token of tokensOf(...recording.exchange.markets())) {
      expect(token).toMatch(/^\d{70,78}$/);
    }
  });

  it('rolls over: windows open one after the other, and each is announced when minted', () => {
    const recording = record({ rate: 1 });
    recording.exchange.runUntil(NOW + 30 * 60_000);
    const announced = ofType(recording.frames, 'new_market').map((event) => event.slug);
    const fives = [...new Set(announced)].filter((slug) => slug.includes('-5m-'));
    expect(announced).toHaveLength(2 * new Set(announced).size);
    expect(fives).toHaveLength(6);
    const opens = fives.map((slug) => Number(slug.split('-').at(-1)));
    expect(opens.map((open) => open - (opens[0] ?? 0))).toEqual([0, 300, 600, 900, 1200, 1500]);
  });

  it('trades on after its end, is emptied, resolved and settled', () => {
    const recording = record({ rate: 20 });
    const mine = market(recording);
    const follower = new Follower(recording, mine);
    recording.exchange.runUntil(mine.window.endsAt);
    const inside = recording.frames.length;
    recording.exchange.runUntil(mine.settlesAt - 1);
    const own = (frame: string) => frame.includes(mine.conditionId);
    expect(recording.frames.slice(inside).filter(own).length).toBeGreaterThan(50);
    expect(mine.settlesAt - mine.window.endsAt).toBeGreaterThanOrEqual(120_000);
    expect(mine.settlesAt - mine.window.endsAt).toBeLessThanOrEqual(150_000);

    recording.exchange.runUntil(mine.settlesAt);
    for (const event of eventsOf(recording.frames)) follower.apply(event);
    expect(follower.failures).toBe(0);
    const [up] = follower.books.values();
    expect([up?.bestBid, up?.bestAsk]).toEqual([null, null]);
    const last = ofType(recording.frames.filter(own), 'price_change').at(-1);
    expect(last?.price_changes.at(-1)).toMatchObject({ size: '0', best_bid: '0', best_ask: '1' });
    expect(recording.exchange.feed(mine)).toBeUndefined();

    recording.exchange.runUntil(mine.settlesAt + 28);
    const [resolved] = ofType(recording.frames, 'market_resolved').filter(
      (event) => event.market === mine.conditionId,
    );
    expect(resolved?.winning_asset_id).toBe(mine.tokens[mine.winner]);
    expect(recording.settled).toContain(mine);
    const end = recording.frames.filter(own).length;
    recording.exchange.runUntil(mine.settlesAt + 60_000);
    expect(recording.frames.filter(own)).toHaveLength(end);
  });

  it('drifts to the outcome it will have', () => {
    for (const slug of [SLUG_5M, 'btc-updown-5m-1795255500', 'btc-updown-5m-1795255800']) {
      const recording = record({ rate: 10 });
      const mine = market(recording, slug);
      recording.exchange.runUntil(mine.window.endsAt);
      const bid = recording.exchange.feed(mine)?.book.best('BUY') ?? 500;
      expect(mine.winner === 'Up' ? bid > 800 : bid < 200).toBe(true);
    }
  });

  it('makes prices finer, once for each token, when they come near an end', () => {
    const recording = record({ rate: 20 });
    const mine = market(recording);
    recording.exchange.runUntil(mine.window.endsAt);
    const told = ofType(recording.frames, 'tick_size_change').filter(
      (event) => event.market === mine.conditionId,
    );
    expect(told.map((event) => [event.asset_id, event.new_tick_size])).toEqual([
      [mine.tokens.Up, '0.001'],
      [mine.tokens.Down, '0.001'],
    ]);
    const at = recording.frames.findIndex((frame) => frame.includes('tick_size_change'));
    const priced = (frames: readonly string[]) =>
      ofType(
        frames.filter((frame) => frame.includes(mine.conditionId)),
        'price_change',
      )
        .flatMap((event) => event.price_changes)
        .filter((change) => change.price.length > 4);
    expect(priced(recording.frames.slice(0, at))).toEqual([]);
    expect(priced(recording.frames.slice(at)).length).toBeGreaterThan(20);
  });

  it('gets its book as late, and tells its result as seldom, as it is told to', () => {
    const recording = record({ rate: 1, activeAhead: 60_000, resolvedShare: 0 });
    const next = market(recording, 'btc-updown-5m-1795255500');
    recording.exchange.runUntil(next.window.opensAt - 60_001);
    expect(recording.exchange.feed(next)).toBeUndefined();
    recording.exchange.runUntil(next.window.opensAt - 60_000);
    expect(recording.exchange.feed(next)).toBeDefined();
    recording.exchange.runUntil(next.settlesAt + 28);
    expect(recording.settled).toContain(next);
    expect(ofType(recording.frames, 'market_resolved')).toEqual([]);
  });

  it('shrinks with the scale', () => {
    const recording = record({ scale: 0.1 });
    const [first] = recording.exchange.markets();
    expect((first?.window.endsAt ?? 0) - (first?.window.opensAt ?? 0)).toBe(30_000);
    expect((first?.settlesAt ?? 0) - (first?.window.endsAt ?? 0)).toBeLessThanOrEqual(15_000);
  });
});
