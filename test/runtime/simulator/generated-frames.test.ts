import { describe, expect, it } from 'vitest';
import { eventsOf, Follower, market, ofType, record, STYLE } from './recording.ts';
import { NOW } from './scene.ts';

describe('generated frames', () => {
  it('carry in 10,000 changes the hash of the book that a client holds', () => {
    const recording = record({ rate: 2000 });
    const follower = new Follower(recording, market(recording));
    while (follower.checks.length < 20_000) {
      const from = recording.frames.length;
      recording.exchange.runUntil(recording.exchange.now + 100);
      for (const event of eventsOf(recording.frames.slice(from))) follower.apply(event);
    }
    expect(follower.failures).toBe(0);
    // Only bursts over several frames leave entries that are verified by a later one.
    const early = follower.checks.filter((check) => !check.verified).length;
    expect(early / follower.checks.length).toBeLessThan(0.1);
    expect(recording.frames.length).toBeGreaterThan(10_000);
  });

  it('show a single dropped change at the next one of its token', () => {
    const recording = record({ rate: 100, style: { ...STYLE, duplicates: 0 } });
    const follower = new Follower(recording, market(recording));
    recording.exchange.runUntil(NOW + 5000);
    const events = eventsOf(recording.frames);
    const conditionId = market(recording).conditionId;
    const dropped = events.findIndex(
      (event) => event.event_type === 'price_change' && event.market === conditionId,
    );
    for (const event of events.toSpliced(dropped, 1)) follower.apply(event);
    expect(follower.failures).toBeGreaterThan(0);
  });

  it('agree with the best prices of the book they lead to', () => {
    const recording = record();
    const mine = market(recording);
    const follower = new Follower(recording, mine);
    recording.exchange.runUntil(NOW + 20_000);
    let compared = 0;
    for (const event of eventsOf(recording.frames)) {
      follower.apply(event);
      if (event.event_type !== 'price_change' || event.market !== mine.conditionId) continue;
      for (const change of event.price_changes) {
        const book = follower.books.get(change.asset_id);
        if (book?.hash() !== change.hash) continue; // within a burst of several frames
        expect([change.best_bid, change.best_ask]).toEqual([book.bestBid, book.bestAsk]);
        expect(Number(book.bestBid)).toBeLessThan(Number(book.bestAsk));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('hold both legs of each change, mirrored, either leg first', () => {
    const recording = record();
    recording.exchange.runUntil(NOW + 20_000);
    const firstLegs = new Set<string>();
    const { Up, Down } = market(recording).tokens;
    for (const event of ofType(recording.frames, 'price_change')) {
      const { price_changes: changes } = event;
      for (let index = 0; index < changes.length; index += 2) {
        const [one, other] = changes.slice(index, index + 2);
        if (one === undefined || other === undefined) throw new Error('a leg is missing');
        expect(Number(one.price) + Number(other.price)).toBeCloseTo(1, 9);
        expect([one.side, other.side].sort()).toEqual(['BUY', 'SELL']);
        expect(one.size).toBe(other.size);
        expect(one.asset_id).not.toBe(other.asset_id);
      }
      firstLegs.add(changes[0]?.asset_id ?? '');
    }
    expect(firstLegs).toContain(Up);
    expect(firstLegs).toContain(Down);
  });

  it('hold bursts whose entries share one hash, in one frame and over several', () => {
    const recording = record({ style: { ...STYLE, duplicates: 0 } });
    recording.exchange.runUntil(NOW + 30_000);
    const events = ofType(recording.frames, 'price_change');
    expect(events.some((event) => event.price_changes.length > 2)).toBe(true);
    for (const event of events) {
      const hashes = new Set(event.price_changes.map((change) => change.hash));
      expect(hashes.size).toBe(2);
    }
    const hashes = events.map((event) => event.price_changes.map((each) => each.hash).sort()[0]);
    expect(hashes.some((hash, index) => hash === hashes[index + 1])).toBe(true);
  });

  it('come twice now and then, exactly or with legs reversed, before anything else of the market', () => {
    const recording = record({ style: { ...STYLE, duplicates: 0.2 } });
    recording.exchange.runUntil(NOW + 30_000);
    const mine = market(recording).conditionId;
    const frames = recording.frames.filter((frame) => frame.includes(mine));
    const normal = frames.map((frame) => {
      const [event] = eventsOf([frame]);
      if (event?.event_type !== 'price_change') return frame;
      const sorted = event.price_changes.toSorted((one, other) =>
        `${one.asset_id}${one.price}` < `${other.asset_id}${other.price}` ? -1 : 1,
      );
      return JSON.stringify({ ...event, price_changes: sorted });
    });
    const again = frames.filter((_, index) => index > 0 && normal[index] === normal[index - 1]);
    const exact = frames.filter((frame, index) => frame === frames[index - 1]);
    const changes = ofType(frames, 'price_change').length;
    expect(again.length / changes).toBeGreaterThan(0.1);
    expect(exact.length).toBeGreaterThan(0);
    expect(exact.length).toBeLessThan(again.length);
  });

  it('never repeat when duplicates are off', () => {
    const recording = record({ style: { ...STYLE, duplicates: 0 } });
    recording.exchange.runUntil(NOW + 20_000);
    const changes = recording.frames.filter((frame) => frame.includes('"price_change"'));
    expect(new Set(changes).size).toBe(changes.length);
  });

  it('send both books again after a trade, without tick size and trade price', () => {
    const recording = record();
    recording.exchange.runUntil(NOW + 20_000);
    const trades = ofType(recording.frames, 'last_trade_price');
    const books = ofType(recording.frames, 'book');
    expect(trades.length).toBeGreaterThan(10);
    expect(books).toHaveLength(2 * trades.length);
    for (const book of books) {
      expect(book).not.toHaveProperty('tick_size');
      expect(book).not.toHaveProperty('last_trade_price');
    }
    for (const { price, size } of trades) {
      expect(price).toMatch(/^0\.\d{1,3}$/);
      expect(size).toMatch(/^\d+(\.\d{1,6})?$/);
    }
  });

  it('run backwards in time between types by at most 0.62 s, never within one', () => {
    const recording = record();
    recording.exchange.runUntil(NOW + 60_000);
    const latest = new Map<string, number>();
    const latestOfType = new Map<string, number>();
    let regressions = 0;
    for (const event of eventsOf(recording.frames)) {
      if (!('timestamp' in event) || !('market' in event)) continue;
      if (event.event_type === 'new_market') continue;
      const at = Number(event.timestamp);
      const before = latest.get(event.market) ?? 0;
      if (at < before) {
        regressions += 1;
        expect(before - at).toBeLessThanOrEqual(620);
      }
      latest.set(event.market, Math.max(before, at));
      const key = `${event.market}/${event.event_type === 'price_change'}`;
      if (event.event_type === 'price_change') {
        expect(at).toBeGreaterThanOrEqual(latestOfType.get(key) ?? 0);
        latestOfType.set(key, at);
      }
    }
    expect(regressions).toBeGreaterThan(20);
  });

  it('hash a trade before it is told when asked to, so that only its price has to be found', () => {
    const recording = record({ style: { ...STYLE, tradePriceLead: 1 } });
    const mine = market(recording);
    const follower = new Follower(recording, mine);
    recording.exchange.runUntil(NOW + 10_000);
    const grid = Array.from({ length: 1001 }, (_, step) => String(step / 1000));
    let found = 0;
    for (const event of eventsOf(recording.frames)) {
      const before = follower.checks.length;
      follower.apply(event);
      for (const check of follower.checks.slice(before)) {
        if (check.verified || event.event_type !== 'book') continue;
        const book = follower.books.get(event.asset_id);
        expect(book?.tradePriceOf(check.published, grid)).not.toBeNull();
        found += 1;
      }
    }
    expect(found).toBeGreaterThan(5);
  });

  it('depend on seed and time alone', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((seed) => record({ seed }));
    one?.exchange.runUntil(NOW + 30_000);
    // In many small steps: when the clock is looked at must not matter.
    for (let at = NOW; at <= NOW + 30_000; at += 17) same?.exchange.runUntil(at, 3);
    same?.exchange.runUntil(NOW + 30_000);
    other?.exchange.runUntil(NOW + 30_000);
    expect(one?.frames.length).toBeGreaterThan(1000);
    expect(same?.frames).toEqual(one?.frames);
    expect(other?.frames).not.toEqual(one?.frames);
  });

  it('are all known to the parser', () => {
    const recording = record({ rate: 5 });
    recording.exchange.runUntil(NOW + 8 * 60_000);
    expect(ofType(recording.frames, 'unknown')).toEqual([]);
    expect(new Set(eventsOf(recording.frames).map((event) => event.event_type))).toEqual(
      new Set([
        'price_change',
        'tick_size_change',
        'book',
        'last_trade_price',
        'best_bid_ask',
        'new_market',
        'market_resolved',
      ]),
    );
  });
});

describe('toggles of the frames', () => {
  it('put a space after commas outside texts, and change nothing else', () => {
    const plain = record();
    const spaced = record({ style: { ...STYLE, spaced: true } });
    plain.exchange.runUntil(NOW + 5000);
    spaced.exchange.runUntil(NOW + 5000);
    const minted = (frame: string) => !frame.includes('"new_market"');
    const [frame] = spaced.frames;
    expect(frame).toMatch(/^\{"market":"0x[0-9a-f]{64}", "/);
    expect(spaced.frames.map((text) => JSON.parse(text))).toEqual(
      plain.frames.map((text) => JSON.parse(text)),
    );
    for (const text of spaced.frames.filter(minted)) expect(text).not.toMatch(/,[^ ]/);
  });

  it('send what happens together as one array of different events', () => {
    const recording = record({ style: { ...STYLE, arrays: 1 } });
    recording.exchange.runUntil(NOW + 10_000);
    const arrays = recording.frames.filter((frame) => frame.startsWith('['));
    const kinds = new Set(eventsOf(arrays).map((event) => event.event_type));
    expect(arrays.length).toBeGreaterThan(5);
    expect([...kinds].sort()).toEqual(['best_bid_ask', 'book', 'last_trade_price', 'price_change']);
  });

  it('add events of unknown types and unknown fields, and keep the hashes right', () => {
    const recording = record({ style: { ...STYLE, surprises: 0.3 } });
    const follower = new Follower(recording, market(recording));
    recording.exchange.runUntil(NOW + 10_000);
    const unknown = ofType(recording.frames, 'unknown');
    expect(unknown.length).toBeGreaterThan(50);
    expect(unknown[0]?.seen).toBe('simulated_surprise');
    expect(recording.frames.some((frame) => frame.includes('"simulated_field"'))).toBe(true);
    for (const event of eventsOf(recording.frames)) follower.apply(event);
    expect(follower.failures).toBe(0);
  });
});
