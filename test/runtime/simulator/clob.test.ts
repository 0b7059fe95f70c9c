import { describe, expect, it } from 'vitest';
import {
  bookHash,
  type HashedBook,
  hashAsReceived,
} from '../../../runtime/polymarket/book-hash.ts';
import { ManualClock } from '../../../runtime/simulator/clock.ts';
import { Throttle } from '../../../runtime/simulator/throttle.ts';
import { getJson, NOW, postJson, SLUG_15M, scenes, tokensOf } from './scene.ts';

const scene = scenes();

type Book = HashedBook & { readonly hash: string };

async function clob(rate = 20) {
  const here = await scene({ rate });
  const url = here.simulator.clobUrl;
  const reply = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return [response.status, await response.text()];
  };
  return { ...here, url, reply };
}

describe('GET /book', () => {
  it('has the key order of the wire, the same book as the websocket, and a hash over itself', async () => {
    const { url, market, connect, clock } = await clob();
    clock.advance(5000);
    for (const token of tokensOf(market())) {
      const text = await (await fetch(`${url}/book?token_id=${token}`)).text();
      const book = JSON.parse(text) as Book;
      expect(Object.keys(book).join()).toBe(
        'market,asset_id,timestamp,hash,bids,asks,min_order_size,tick_size,neg_risk,last_trade_price',
      );
      expect(book).toMatchObject({ min_order_size: '5', tick_size: '0.01', neg_risk: false });
      expect(text).not.toMatch(/:-?\d/);
      expect(bookHash(book)).toBe(book.hash);
      expect(hashAsReceived({ ...book })).toBe(book.hash);
      const client = await connect();
      client.subscribe([token]);
      const [streamed] = JSON.parse(await client.next()) as Book[];
      expect(streamed?.hash).toBe(book.hash);
      expect(streamed?.bids).toEqual(book.bids);
    }
  });

  it('repeats timestamp and hash while nothing changes', async () => {
    const { url, market, clock } = await clob(0);
    const get = () => getJson(`${url}/book?token_id=${market().tokens.Up}`);
    const first = await get();
    clock.advance(5000);
    expect(await get()).toEqual(first);
  });

  it('has the last trade of the market with three decimals, and none before the first', async () => {
    const { url, market, clock } = await clob(100);
    const get = async (token: string) =>
      ((await getJson(`${url}/book?token_id=${token}`)) as Book).last_trade_price;
    expect(await get(market().tokens.Up)).toBe('');
    clock.advance(10_000);
    expect(await get(market().tokens.Up)).toMatch(/^0\.\d{3}$/);
    expect(await get(market().tokens.Down)).toBe(await get(market().tokens.Up));
  });

  it('answers a missing id with 400, and every token without a book alike with 404', async () => {
    const { reply, market, simulator, clock } = await clob();
    expect(await reply('/book')).toEqual([400, '{"error":"Invalid token id"}']);
    simulator.exchange.settle(market(), clock.now());
    const ahead = market('btc-updown-5m-1795338000').tokens.Up;
    for (const token of ['0', 'abc', '123', market().tokens.Up, ahead]) {
      expect(await reply(`/book?token_id=${token}`)).toEqual([
        404,
        '{"error":"No orderbook exists for the requested token id"}',
      ]);
    }
  });
});

describe('POST /books', () => {
  it('answers with an array and leaves out tokens without a book', async () => {
    const { url, market } = await clob();
    const tokens = tokensOf(market(), market(SLUG_15M));
    const asked = ['123', ...tokens].map((token_id) => ({ token_id, side: 'BUY' }));
    const books = (await (await postJson(`${url}/books`, asked)).json()) as Book[];
    expect(books.map((book) => book.asset_id)).toEqual(tokens);
    expect(books.map(bookHash)).toEqual(books.map((book) => book.hash));
  });

  it('takes 500 tokens and refuses 501', async () => {
    const { url } = await clob();
    const asked = Array.from({ length: 501 }, () => ({ token_id: '1' }));
    const fits = await postJson(`${url}/books`, asked.slice(1));
    expect([fits.status, await fits.text()]).toEqual([200, '[]']);
    const refused = await postJson(`${url}/books`, asked);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      '{"error":"Payload exceeds the limit"}',
    ]);
  });

  it.each(['', '{', '{}', '["1"]', '[{"asset_id":"1"}]', '[{"token_id":1}]', '[null]'])(
    'refuses the body %j',
    async (body) => {
      const { url } = await clob();
      const response = await fetch(`${url}/books`, { method: 'POST', body });
      expect([response.status, await response.text()]).toEqual([
        400,
        '{"error":"Invalid payload"}',
      ]);
    },
  );
});

describe('other answers', () => {
  it('are short and plain', async () => {
    const { reply, url, market, clock } = await clob(0);
    const token = market().tokens.Down;
    const book = (await getJson(`${url}/book?token_id=${token}`)) as Book;
    const bid = Number(book.bids.at(-1)?.price);
    const ask = Number(book.asks.at(-1)?.price);
    const text = (value: number) => String(Number(value.toFixed(4)));
    expect(await reply('/time')).toEqual([200, String(Math.floor(clock.now() / 1000))]);
    expect(await reply('/ok')).toEqual([200, '"OK"']);
    expect(await reply(`/tick-size?token_id=${token}`)).toEqual([
      200,
      '{"minimum_tick_size":0.01}',
    ]);
    expect(await reply(`/neg-risk?token_id=${token}`)).toEqual([200, '{"neg_risk":false}']);
    expect(await reply(`/midpoint?token_id=${token}`)).toEqual([
      200,
      `{"mid":"${text((bid + ask) / 2)}"}`,
    ]);
    expect(await reply(`/spread?token_id=${token}`)).toEqual([
      200,
      `{"spread":"${text(ask - bid)}"}`,
    ]);
    expect(await reply(`/price?side=BUY&token_id=${token}`)).toEqual([
      200,
      `{"price":"${text(bid)}"}`,
    ]);
    expect((await reply(`/last-trade-price?token_id=${token}`))[0]).toBe(200);
    expect((await reply('/nothing'))[0]).toBe(404);
    expect((await fetch(`${url}/book`, { method: 'DELETE' })).status).toBe(405);
  });

  it('show a market that is a day away as blank, and name the winner at the end', async () => {
    const { url, market, clock } = await clob(0);
    const get = async (slug?: string) =>
      (await getJson(`${url}/markets/${market(slug).conditionId}`)) as {
        readonly tokens: readonly { token_id: string; outcome: string; winner: boolean }[];
      };
    const blank = { token_id: '', outcome: '', price: 0, winner: false };
    expect(await get('btc-updown-5m-1795338000')).toMatchObject({
      enable_order_book: false,
      active: false,
      accepting_orders: false,
      tokens: [blank, blank],
    });
    expect((await get()).tokens.map((token) => token.token_id)).toEqual(tokensOf(market()));
    clock.advance(market().settlesAt - NOW);
    const winners = (await get()).tokens.filter((token) => token.winner);
    expect(winners.map((token) => token.outcome)).toEqual([market().winner]);
  });

  it('list markets in pages that end with LTE=', async () => {
    const { url } = await clob(0);
    const page = (await getJson(`${url}/markets?next_cursor=MA==`)) as {
      readonly count: number;
      readonly data: readonly object[];
      readonly next_cursor: string;
    };
    expect(Object.keys(page).join()).toBe('limit,count,next_cursor,data');
    expect(page.count).toBe(page.data.length);
    expect(page.next_cursor).toBe('LTE=');
    expect(await getJson(`${url}/markets?next_cursor=LTE=`)).toMatchObject({ count: 0 });
  });
});

describe('rate limits', () => {
  it('hold back an answer until its time when they are on', async () => {
    const { simulator, clock } = await scene({ throttle: true });
    const get = async (path: string) => (await fetch(`${simulator.clobUrl}${path}`)).status;
    for (let count = 0; count < 100; count++) await get('/ok');
    let answered = false;
    const late = get('/ok').then((status) => {
      answered = true;
      return status;
    });
    const requests = async () =>
      (
        (await getJson(`${simulator.controlUrl}/statistics`)) as {
          readonly requests: { readonly clob: number };
        }
      ).requests.clob;
    let counted = await requests();
    while (counted < 101) counted = await requests();
    await get('/time'); // would come after the late answer if that were not held back
    expect(answered).toBe(false);
    clock.advance(10_000);
    expect(await late).toBe(200);
  });

  it('delay what exceeds ten seconds worth of requests and refuse nothing', async () => {
    const clock = new ManualClock(NOW);
    const throttle = new Throttle(clock);
    for (let count = 0; count < 500; count++) await throttle.pass('/books');
    let passed = false;
    const late = throttle.pass('/books').then(() => {
      passed = true;
    });
    await throttle.pass('/book'); // another window
    clock.advance(9999);
    await Promise.resolve();
    expect(passed).toBe(false);
    clock.advance(1);
    await late;
  });
});
