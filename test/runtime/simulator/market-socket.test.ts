import { describe, expect, it } from 'vitest';
import { bookHash, type HashedBook } from '../../../runtime/polymarket/book-hash.ts';
import { Client } from './client.ts';
import { postJson, SLUG_15M, scenes, tokensOf } from './scene.ts';

const scene = scenes();

/** Keys of a JSON text in the order they stand in it, of its objects at any depth that match. */
function keys(text: string): string[] {
  return Object.keys(JSON.parse(text) as object);
}

describe('answer to a subscription', () => {
  it('is one array of books and a line feed, in the key order of the wire', async () => {
    const { connect, market } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market(), market(SLUG_15M)));
    const frame = await client.next();
    expect(frame.endsWith(']\n')).toBe(true);
    const books = JSON.parse(frame) as HashedBook[];
    expect(books.map((book) => book.asset_id)).toEqual(tokensOf(market(), market(SLUG_15M)));
    for (const book of books) {
      expect(Object.keys(book).join()).toBe(
        'market,asset_id,timestamp,hash,bids,asks,tick_size,event_type,last_trade_price',
      );
      expect(Object.keys(book.bids[0] ?? {}).join()).toBe('price,size');
    }
    // The raw text is compact and all numbers are texts.
    expect(frame).not.toMatch(/[:,]\s/);
    expect(frame).not.toMatch(/:-?\d/);
    expect(frame).toMatch(
      /^\[\{"market":"0x[0-9a-f]{64}","asset_id":"\d{70,78}","timestamp":"\d{13}"/,
    );
  });

  it('holds bids ascending, asks descending, no empty level, and the hash of all that', async () => {
    const { connect, market } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market()));
    const books = JSON.parse(await client.next()) as (HashedBook & { readonly hash: string })[];
    for (const book of books) {
      const bids = book.bids.map((level) => Number(level.price));
      const asks = book.asks.map((level) => Number(level.price));
      expect(bids).toEqual(bids.toSorted((one, other) => one - other));
      expect(asks).toEqual(asks.toSorted((one, other) => other - one));
      for (const level of [...book.bids, ...book.asks]) {
        expect(level.price).toMatch(/^0\.\d*[1-9]$/);
        expect(level.size).toMatch(/^\d+(\.\d?[1-9])?$/);
        expect(level.size).not.toBe('0');
      }
      expect(bookHash({ ...book, min_order_size: '5', neg_risk: false })).toBe(book.hash);
    }
  });

  it('shows the time of the last change, not of the answer', async () => {
    const { connect, market, clock } = await scene({ rate: 0 });
    clock.advance(10_000);
    const client = await connect();
    client.subscribe(tokensOf(market()));
    const [book] = JSON.parse(await client.next()) as HashedBook[];
    expect(Number(book?.timestamp)).toBeLessThanOrEqual(clock.now() - 10_000);
  });

  it('leaves out unknown and settled tokens, and is [] when none is left', async () => {
    const { simulator, connect, market, clock } = await scene();
    simulator.exchange.settle(market(), clock.now());
    const client = await connect();
    client.subscribe(['123', ...tokensOf(market()), market(SLUG_15M).tokens.Down]);
    const books = JSON.parse(await client.next()) as HashedBook[];
    expect(books.map((book) => book.asset_id)).toEqual([market(SLUG_15M).tokens.Down]);
    const other = await connect();
    other.subscribe(tokensOf(market()));
    expect(await other.next()).toBe('[]');
  });

  it('is absent when the client does not want it', async () => {
    const { connect, market, clock } = await scene();
    const client = await connect();
    client.send({ assets_ids: tokensOf(market()), type: 'market', initial_dump: false });
    await client.settle();
    clock.advance(1000);
    const frames = await client.settle();
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.every((frame) => frame.startsWith('{'))).toBe(true);
  });
});

describe('frames after the first', () => {
  it('are single compact objects in the key order of the wire', async () => {
    const { simulator, connect, market, clock } = await scene({ rate: 100 });
    const client = await connect();
    client.subscribe(tokensOf(market(), market(SLUG_15M)), true);
    await client.next();
    clock.advance(10_000);
    simulator.exchange.mint('15m', clock.now() + 1000, clock.now());
    simulator.exchange.settle(market(), clock.now());
    clock.advance(50);
    const orders = new Map<string, Set<string>>();
    for (const frame of await client.settle()) {
      expect(frame).not.toMatch(/^\{"event_type"/);
      expect(frame.endsWith('}')).toBe(true);
      const { event_type: type } = JSON.parse(frame) as { event_type: string };
      orders.set(type, (orders.get(type) ?? new Set()).add(keys(frame).join()));
      if (type === 'price_change') {
        const { price_changes: changes } = JSON.parse(frame) as { price_changes: object[] };
        for (const change of changes) {
          expect(Object.keys(change).join()).toBe(
            'asset_id,price,size,side,hash,best_bid,best_ask',
          );
        }
      }
    }
    expect(Object.fromEntries([...orders].map(([type, seen]) => [type, [...seen]]))).toEqual({
      price_change: ['market,price_changes,timestamp,event_type'],
      book: ['market,asset_id,bids,asks,hash,timestamp,event_type'],
      last_trade_price: [
        'market,asset_id,price,size,fee_rate_bps,side,timestamp,event_type,transaction_hash',
      ],
      best_bid_ask: ['market,asset_id,best_bid,best_ask,spread,timestamp,event_type'],
      new_market: [
        'id,question,market,slug,description,assets_ids,outcomes,event_message,timestamp,event_type,tags,' +
          'condition_id,active,clob_token_ids,sports_market_type,line,game_start_time,' +
          'order_price_min_tick_size,group_item_title,taker_base_fee,fees_enabled,fee_schedule',
      ],
      market_resolved: [
        'id,market,assets_ids,winning_asset_id,winning_outcome,event_message,timestamp,event_type,tags',
      ],
    });
  });

  it('are about subscribed tokens only, and custom events come only on request', async () => {
    const { simulator, connect, market, clock } = await scene({ rate: 100 });
    const plain = await connect();
    const custom = await connect();
    plain.subscribe([market().tokens.Up]);
    custom.subscribe([market().tokens.Up], true);
    await plain.next();
    await custom.next();
    clock.advance(5000);
    simulator.exchange.mint('5m', clock.now() + 1000, clock.now());
    const types = (frames: readonly string[]) =>
      [...new Set(frames.map((frame) => JSON.parse(frame).event_type as string))].sort();
    const frames = await plain.settle();
    expect(types(frames)).toEqual(['book', 'last_trade_price', 'price_change']);
    expect(frames.every((frame) => frame.includes(market().tokens.Up))).toBe(true);
    expect(types(await custom.settle())).toEqual([
      'best_bid_ask',
      'book',
      'last_trade_price',
      'new_market',
      'price_change',
    ]);
  });

  it('are the same bytes for the same seed and clock, and other bytes for another seed', async () => {
    const run = async (seed: string) => {
      const { connect, market, clock } = await scene({ seed, rate: 200 });
      const client = await connect();
      client.subscribe(tokensOf(market()), true);
      await client.settle();
      clock.advance(5000);
      await client.settle();
      return client.frames;
    };
    const first = await run('a');
    expect(first.length).toBeGreaterThan(500);
    expect(await run('a')).toEqual(first);
    expect(await run('b')).not.toEqual(first);
  });
});

describe('requests on an open connection', () => {
  it('add tokens, with a fresh book of each and no other answer', async () => {
    const { connect, market, clock } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market()));
    await client.next();
    client.send({ operation: 'subscribe', assets_ids: tokensOf(market(), market(SLUG_15M)) });
    const books = JSON.parse(await client.next()) as HashedBook[];
    expect(books.map((book) => book.asset_id)).toEqual(tokensOf(market(SLUG_15M)));
    clock.advance(3000);
    const frames = await client.settle();
    expect(frames.some((frame) => frame.includes(market(SLUG_15M).conditionId))).toBe(true);
  });

  it('get NO NEW ASSETS as plain text when they add nothing', async () => {
    const { connect, market } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market()));
    await client.next();
    client.send({ operation: 'subscribe', assets_ids: tokensOf(market()) });
    expect(await client.next()).toBe('NO NEW ASSETS');
  });

  it('take tokens away without a word', async () => {
    const { connect, market, clock } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market(), market(SLUG_15M)));
    await client.next();
    client.send({ operation: 'unsubscribe', assets_ids: tokensOf(market()) });
    await client.settle();
    clock.advance(5000);
    const frames = await client.settle();
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.some((frame) => frame.includes(market().conditionId))).toBe(false);
  });

  it.each([
    ['the singular key', { asset_ids: ['1'], type: 'market' }],
    ['another channel', { assets_ids: ['1'], type: 'user' }],
    ['no JSON', 'hello'],
    ['an unknown operation', { operation: 'resubscribe', assets_ids: ['1'] }],
  ])('are met with silence when they are wrong: %s', async (_name, frame) => {
    const { simulator, connect, clock } = await scene();
    const client = await connect();
    client.send(frame);
    await client.settle();
    clock.advance(2000);
    expect(await client.settle()).toEqual([]);
    expect(simulator.socket.statistics()).toMatchObject({ client_frames_ignored: 1 });
  });
});

describe('heartbeat', () => {
  it('is answered behind the data that waits', async () => {
    const { connect, market, clock } = await scene({ rate: 500 });
    const client = await connect();
    client.subscribe(tokensOf(market()));
    await client.next();
    clock.advance(2000);
    client.send('PING');
    await client.until(() => client.frames.includes('PONG'));
    expect(client.frames.length).toBeGreaterThan(500);
    expect(client.frames.at(-1)).toBe('PONG');
  });

  it('is late by the lag that is set, while data flows on', async () => {
    const { simulator, connect, market, clock } = await scene();
    const client = await connect();
    client.subscribe(tokensOf(market()));
    await client.settle();
    await postJson(`${simulator.controlUrl}/pong-lag`, { milliseconds: 9500 });
    client.send('PING');
    // A request that is answered comes after the PING on the same connection: the PING has been read.
    client.send({ operation: 'subscribe', assets_ids: tokensOf(market()) });
    await client.until(() => client.frames.includes('NO NEW ASSETS'));
    const pongs = () => client.frames.filter((frame) => frame === 'PONG').length;
    const before = pongs();
    clock.advance(9499);
    client.send({ operation: 'subscribe', assets_ids: tokensOf(market()) });
    const answers = () => client.frames.filter((frame) => frame === 'NO NEW ASSETS').length;
    await client.until(() => answers() === 2);
    expect(pongs()).toBe(before);
    clock.advance(1);
    await client.until(() => pongs() === before + 1);
  });
});

describe('handshake', () => {
  it('is refused on any other path', async () => {
    const { simulator } = await scene();
    const other = simulator.websocketUrl.replace('/ws/market', '/ws/user');
    await expect(Client.connect(other)).rejects.toThrow('404');
  });
});
