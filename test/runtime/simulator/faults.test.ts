import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../runtime/simulator/ledger.ts';
import type { SimulatorOptions } from '../../../runtime/simulator/options.ts';
import { getJson, postJson, SLUG_15M, scenes, tokensOf } from './scene.ts';

const scene = scenes();

async function subscribed(options: SimulatorOptions = {}) {
  const ledger = new Ledger();
  const here = await scene({ rate: 100, ledger: ledger.sink, ...options });
  const tokens = tokensOf(here.market(), here.market(SLUG_15M));
  const open = async () => {
    const client = await here.connect();
    client.subscribe(tokens, true);
    return client;
  };
  const client = await open();
  await client.next();
  const inject = async (fault: string, parameters: object = {}, seconds?: number) => {
    const body = { fault, with: parameters, ...(seconds === undefined ? {} : { seconds }) };
    const response = await postJson(`${here.simulator.controlUrl}/inject`, body);
    return [response.status, (await response.json()) as { error?: string }] as const;
  };
  const recover = () => postJson(`${here.simulator.controlUrl}/recover`, {});
  return { ...here, ledger, tokens, open, client, inject, recover };
}

/** Opens the handshake by hand and gives what comes back until the other side ends, or null without an answer. */
async function handshake(websocketUrl: string, forMs?: number): Promise<string | null> {
  const { hostname, port, pathname } = new URL(websocketUrl);
  const socket: Socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => undefined);
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n';
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n`,
  );
  const ended = new Promise<string | null>((resolve) => socket.on('close', () => resolve(text)));
  if (forMs === undefined) return ended;
  const timer = new Promise<null>((resolve) => setTimeout(() => resolve(null), forMs));
  const first = await Promise.race([ended, timer]);
  socket.destroy();
  return first;
}

describe('faults of connections', () => {
  it.each([
    ['handshake-403-html', 'HTTP/1.1 403', 'Attention Required! | Cloudflare'],
    ['handshake-403-1010', 'HTTP/1.1 403', 'error code: 1010'],
    ['handshake-429', 'HTTP/1.1 429', 'Too Many Requests'],
    ['handshake-429-retry-after', 'HTTP/1.1 429', 'Retry-After: 2'],
    ['handshake-503', 'HTTP/1.1 503', 'error'],
  ])('%s answers the handshake, and open connections are reset', async (fault, status, part) => {
    const { inject, client, simulator, recover, connect: join } = await subscribed();
    expect((await inject(fault))[0]).toBe(200);
    expect((await client.closed).code).toBe(1006);
    const answer = await handshake(simulator.websocketUrl);
    expect(answer).toContain(status);
    expect(answer).toContain(part);
    await recover();
    await join();
  });

  it('refuse resets before the handshake, handshake-hang never answers it', async () => {
    const { inject, simulator, recover } = await subscribed();
    await inject('refuse');
    expect(await handshake(simulator.websocketUrl)).toBe('');
    await recover();
    await inject('handshake-hang');
    expect(await handshake(simulator.websocketUrl, 150)).toBeNull();
  });

  it('half-open says nothing, reads nothing, and is reset when it ends', async () => {
    const { inject, client, clock, recover, open } = await subscribed();
    await inject('half-open');
    client.send('PING');
    clock.advance(5_000);
    const later = await open();
    await later.next();
    clock.advance(1_000);
    expect((await later.settle()).length).toBeGreaterThan(0);
    expect(client.frames).toHaveLength(1);
    await recover();
    expect((await client.closed).code).toBe(1006);
  });

  it.each([
    ['reset', 1006, ''],
    ['cut', 1006, ''],
    ['close-1000', 1000, 'all subscribed assets resolved'],
    ['close-1001', 1001, 'going away'],
    ['close-1013', 1013, 'slow consumer: send buffer full'],
    ['close-invalid-utf8', 1006, ''],
    ['invalid-utf8-frame', 1006, ''],
  ])('%s ends the connection (code %i)', async (fault, code, reason) => {
    const { inject, client } = await subscribed();
    await inject(fault);
    expect(await client.closed).toEqual({ code, reason });
  });

  it('can be told to touch one connection, or to keep those that are open', async () => {
    const { inject, client, open, simulator } = await subscribed();
    const other = await open();
    await other.next();
    await inject('cut', { connection: 2 });
    await other.closed;
    await inject('subscribe-limit', { keep: true, tokens: 1 });
    expect((await client.settle()).length).toBeGreaterThanOrEqual(0);
    expect(await getJson(`${simulator.controlUrl}/faults`)).toMatchObject({
      on: ['subscribe-limit'],
      injected: { cut: 1, 'subscribe-limit': 1 },
    });
  });

  it('a subscription over the limit ends the connection after 150 ms', async () => {
    const { inject, client, open, clock } = await subscribed();
    await inject('subscribe-limit', { tokens: 3 });
    await client.closed;
    const refused = await open();
    await refused.settle();
    clock.advance(149);
    await refused.settle();
    clock.advance(1);
    expect((await refused.closed).code).toBe(1006);
    expect(refused.frames).toEqual(['PONG', 'PONG']);
  });

  it('a few thousand ids are over the limit without any fault', async () => {
    const { connect: join, clock } = await subscribed();
    const client = await join();
    client.subscribe(Array.from({ length: 2_501 }, (_, index) => String(index)));
    await client.settle();
    clock.advance(150);
    expect((await client.closed).code).toBe(1006);
  });
});

describe('faults of data', () => {
  const conditions = (frames: readonly string[]) =>
    frames.map((frame) => JSON.parse(frame) as { asset_id: string; event_type: string });

  it('opening books beyond the ceiling do not come, changes do', async () => {
    const { inject, client, open, clock, tokens } = await subscribed();
    await inject('snapshot-ceiling', { tokens: 2 });
    await client.closed;
    const next = await open();
    const books = JSON.parse(await next.next()) as { asset_id: string }[];
    expect(books.map((book) => book.asset_id)).toEqual(tokens.slice(0, 2));
    clock.advance(2_000);
    const text = (await next.settle()).join();
    for (const token of tokens) expect(text).toContain(token);
  });

  it('odd forms of the wire come with the fault and go with it', async () => {
    const { inject, recover, client, clock } = await subscribed();
    await client.settle();
    await inject('odd-forms', { arrays: 1, surprises: 0.5 });
    clock.advance(3_000);
    const odd = (await client.settle()).filter((frame) => frame.includes('"price_change"'));
    expect(odd.length).toBeGreaterThan(10);
    expect(odd.every((frame) => frame.includes('", "'))).toBe(true);
    expect(odd.some((frame) => frame.startsWith('['))).toBe(true);
    await recover();
    clock.advance(3_000);
    const usual = (await client.settle()).filter((frame) => frame.includes('"price_change"'));
    expect(usual.length).toBeGreaterThan(10);
    expect(usual.some((frame) => frame.includes('", "') || frame.startsWith('['))).toBe(false);
  });

  it('a late dump comes behind changes and shows the books as they are then', async () => {
    const { inject, client, open, clock } = await subscribed();
    await inject('late-dump', { milliseconds: 1_000 });
    await client.closed;
    const next = await open();
    await next.settle();
    clock.advance(999);
    expect((await next.settle()).every((frame) => !frame.startsWith('['))).toBe(true);
    clock.advance(1);
    const frames = await next.settle();
    expect(frames.filter((frame) => frame.startsWith('[{'))).toHaveLength(1);
  });

  it('a lost change reaches nobody, and the next hashes are those of the changed book', async () => {
    const { inject, client, open, clock } = await subscribed({ duplicates: 0 });
    const other = await open();
    await other.next();
    await inject('lose-change', { count: 5 });
    clock.advance(1_000);
    const [first, second] = [await client.settle(), await other.settle()];
    expect(first).toEqual(second);
    clock.advance(1_000);
    expect((await client.settle()).length).toBeGreaterThan(20);
  });

  it('one token can be silent, chosen among those whose window is open', async () => {
    const { inject, client, clock, simulator } = await subscribed();
    await inject('stall-token');
    const [silent] = [...simulator.faults.stalledTokens];
    clock.advance(2_000);
    const text = (await client.settle()).join();
    expect(text).not.toContain(silent);
    expect(text.length).toBeGreaterThan(0);
  });

  it('a tick change is told for both tokens, and prices have three decimals from then on', async () => {
    const { inject, client, clock, market, simulator } = await subscribed({ rate: 400 });
    await inject('tick-change', { slug: market().window.slug });
    const told = conditions(await client.settle()).filter(
      (event) => event.event_type === 'tick_size_change',
    );
    expect(told).toMatchObject([
      { asset_id: market().tokens.Up, old_tick_size: '0.01', new_tick_size: '0.001' },
      { asset_id: market().tokens.Down, old_tick_size: '0.01', new_tick_size: '0.001' },
    ]);
    clock.advance(3_000);
    expect((await client.settle()).join()).toMatch(/"price":"0\.\d{3}"/);
    const book = await getJson(`${simulator.clobUrl}/book?token_id=${market().tokens.Up}`);
    expect(book).toMatchObject({ tick_size: '0.001' });
  });

  it('repeats a new_market event as often as it is told to', async () => {
    const { inject, client } = await subscribed({ rate: 0 });
    await inject('new-market-storm', { count: 30 });
    const frames = await client.settle();
    expect(frames).toHaveLength(30);
    expect(new Set(frames).size).toBe(1);
    expect(frames[0]).toContain('"event_type":"new_market"');
  });

  it('sends frames that are no text and frames of any size, the latter through the ledger', async () => {
    const { inject, client, ledger } = await subscribed({ rate: 0 });
    await inject('binary-frame');
    await inject('huge-frame', { bytes: 3_000_000 });
    await client.until(() => client.frames.some((frame) => frame.length === 3_000_000));
    await client.settle();
    const bytes = ledger.connections[0]?.frames.map((frame) => frame.bytes) ?? [];
    expect(bytes).toContain(3_000_000);
    expect(bytes).not.toContain(64);
  });

  it('load gives every connection different frames of about 600 bytes, as many as asked for', async () => {
    const { client, clock, open } = await subscribed({ rate: 0, load: 2_000 });
    const other = await open();
    await other.next();
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(50);
      await client.settle();
    }
    const frames = client.frames.filter((frame) => frame.includes('price_changes'));
    expect(frames.length).toBeGreaterThan(1_900);
    expect(frames.length).toBeLessThanOrEqual(2_000);
    expect(new Set(frames).size).toBe(frames.length);
    const size = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
    expect(size).toBeGreaterThan(550);
    expect(size).toBeLessThan(680);
  });
});

describe('faults of REST', () => {
  it.each([
    ['rest-403-html', 403, 'Attention Required!'],
    ['rest-403-1010', 403, 'error code: 1010'],
    ['rest-429', 429, 'Too Many Requests'],
    ['rest-500', 500, 'error'],
    ['rest-502-html', 502, '<html>'],
    ['rest-503', 503, 'Trading'],
  ])('%s', async (fault, status, part) => {
    const { inject, simulator } = await subscribed();
    await inject(fault, { service: 'clob' });
    const response = await fetch(`${simulator.clobUrl}/ok`);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(part);
    expect(response.headers.get('retry-after')).toBeNull();
    expect((await fetch(`${simulator.gammaUrl}/series`)).status).toBe(200);
  });

  it('429 says when to ask again, if it is told to', async () => {
    const { inject, simulator } = await subscribed();
    await inject('rest-429-retry-after', { seconds: 7 });
    const response = await fetch(`${simulator.gammaUrl}/series`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it.each(['rest-truncated', 'rest-reset'])('%s: the answer breaks', async (fault) => {
    const { inject, simulator } = await subscribed();
    await inject(fault);
    await expect(
      fetch(`${simulator.gammaUrl}/events`).then((response) => response.text()),
    ).rejects.toThrow();
  });

  it.each(['rest-hang', 'rest-slow-loris'])('%s: no whole answer comes', async (fault) => {
    const { inject, simulator } = await subscribed();
    await inject(fault);
    const signal = AbortSignal.timeout(400);
    await expect(
      fetch(`${simulator.gammaUrl}/series`, { signal }).then((response) => response.text()),
    ).rejects.toThrow();
  });

  it('an array that does not end gives as much as anybody reads', async () => {
    const { inject, simulator } = await subscribed();
    await inject('rest-endless-array');
    const response = await fetch(`${simulator.clobUrl}/ok`);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > 5_000_000) break;
    }
    expect(bytes).toBeGreaterThan(5_000_000);
  });

  it('a small body can be a large one to whoever inflates it', async () => {
    const { inject, simulator } = await subscribed();
    await inject('rest-zip-bomb', { service: 'clob' });
    const response = await fetch(`${simulator.clobUrl}/ok`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(100_000);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50_000_000);
  });

  it('a body can be no UTF-8, and answers can be late', async () => {
    const { inject, simulator, clock, recover } = await subscribed();
    await inject('rest-invalid-utf8');
    const bytes = new Uint8Array(await (await fetch(`${simulator.clobUrl}/ok`)).arrayBuffer());
    expect(bytes).toContain(0xff);
    await recover();
    await inject('rest-latency', { milliseconds: 500 });
    let answered = false;
    const late = fetch(`${simulator.clobUrl}/ok`).then(() => {
      answered = true;
    });
    // The statistics count a request that is being delayed.
    const requests = async () =>
      (
        (await getJson(`${simulator.controlUrl}/statistics`)) as {
          requests: { clob: number };
        }
      ).requests.clob;
    while ((await requests()) < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    clock.advance(500);
    await late;
  });

  it('Gamma can list markets without token ids', async () => {
    const { inject, simulator, market } = await subscribed();
    await inject('blank-tokens');
    const [event] = (await getJson(
      `${simulator.gammaUrl}/events?slug=${market().window.slug}`,
    )) as { markets: { clobTokenIds: string }[] }[];
    expect(event?.markets[0]?.clobTokenIds).toBe('["", ""]');
  });

  it('POST /books has a limit in tokens and one in bytes', async () => {
    const { simulator } = await subscribed();
    const ask = async (ids: readonly string[]) =>
      (
        await postJson(
          `${simulator.clobUrl}/books`,
          ids.map((token_id) => ({ token_id })),
        )
      ).status;
    const long = '9'.repeat(78);
    expect(await ask(Array.from({ length: 500 }, () => long))).toBe(200);
    expect(await ask(Array.from({ length: 501 }, () => '1'))).toBe(400);
    expect(await ask(Array.from({ length: 300 }, () => '9'.repeat(200)))).toBe(400);
  });
});

describe('a fault', () => {
  it('ends by itself after its seconds', async () => {
    const { inject, client, clock } = await subscribed();
    await inject('stall', {}, 3);
    clock.advance(2_999);
    expect(await client.settle()).toEqual([]);
    clock.advance(2_000);
    expect((await client.settle()).length).toBeGreaterThan(0);
  });

  it.each([
    ['stal', {}, 'expected one of stall,'],
    ['stall', { conection: 1 }, 'conection'],
    ['late-dump', { milliseconds: -1 }, 'milliseconds'],
  ])('that is none (%s %j) is refused with what is wrong', async (fault, parameters, word) => {
    const { inject } = await subscribed();
    const [status, { error }] = await inject(fault, parameters);
    expect(status).toBe(400);
    expect(error).toContain(word);
  });
});
