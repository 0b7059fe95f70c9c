import { afterEach, describe, expect, it } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { Connection } from '../../../runtime/recorder/connection.ts';
import { FrameQueue, type Received } from '../../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { type FeedClient, type FeedServer, feedServer, until } from './feed-server.ts';
import { jumpingClock } from './jumping-clock.ts';
import { silentLogger } from './silent-logger.ts';

const BOOK = '[{"market":"0x1","asset_id":"11","bids":[],"asks":[],"event_type":"book"}]\n';
const SETTINGS = {
  pingInterval: '10s',
  firstMessageTimeout: '5s',
  silenceTimeout: '10s',
  reconnectInitial: '10ms',
  reconnectMaximum: '40ms',
};

let server: FeedServer;
let connection: Connection;
afterEach(async () => {
  await connection.stop();
  await server.close();
});

/** A connection to `server` and everything it put into its queue. */
async function connect(options: {
  readonly settings?: Partial<typeof SETTINGS>;
  readonly tokens?: readonly string[];
  readonly onMessage?: (client: FeedClient, text: string) => void;
  readonly onOpen?: (client: FeedClient) => void;
  readonly windowOpen?: boolean;
  readonly maxFrameBytes?: number;
  readonly refusals?: FeedServer['refusals'];
}) {
  server = await feedServer(options.onMessage, options.onOpen);
  server.refusals.push(...(options.refusals ?? []));
  const { feed, recorder } = configuration.parse({
    feed: { websocketUrl: server.url, requestTimeout: '1s' },
    recorder: { ...SETTINGS, ...options.settings },
  });
  const { clock, jump } = jumpingClock();
  const queue = new FrameQueue(10_000_000);
  const metrics = recorderMetrics({ revision: '', image: '' });
  const got: Received[] = [];
  connection = new Connection({
    slot: 'ws1',
    feed,
    settings: recorder,
    clock,
    queue,
    metrics,
    logger: silentLogger(),
    received() {
      for (let entry = queue.take(); entry !== undefined; entry = queue.take()) got.push(entry);
    },
    ...(options.maxFrameBytes === undefined ? {} : { maxFrameBytes: options.maxFrameBytes }),
  });
  const now = Date.now();
  const window =
    options.windowOpen === false
      ? { opensAt: now + 600_000, endsAt: now + 900_000 }
      : { opensAt: now - 100_000, endsAt: now + 100_000 };
  const want = (tokens: readonly string[]) =>
    connection.setTokens(new Map(tokens.map((token) => [token, window])));
  want(options.tokens ?? ['11', '22']);
  const frames = () =>
    got.flatMap((entry) => (entry.kind === 'frame' ? [entry.payload.toString()] : []));
  const gaps = () => got.flatMap((entry) => (entry.kind === 'gap' ? [entry.gap] : []));
  const reasons = () => gaps().map((gap) => gap.reason);
  const count = async (name: keyof typeof metrics) => {
    const metric = metrics[name] as { get(): Promise<{ values: { value: number }[] }> };
    return (await metric.get()).values[0]?.value;
  };
  /** Lets time pass for the watchdogs. */
  const pass = (ms: number) => {
    jump.monoMs += ms;
  };
  return { got, frames, gaps, reasons, want, count, pass };
}

const answerBooks = (client: FeedClient, text: string) => {
  if (text === 'PING') client.socket.send('PONG');
  else client.socket.send(BOOK);
};

describe('a connection', () => {
  it('subscribes first with type market, asks for no compression, and says who it is', async () => {
    const { frames } = await connect({ onMessage: answerBooks });
    await until('the dump', () => frames().length === 1);
    const [client] = server.clients;
    expect(JSON.parse(client?.messages[0] ?? '')).toEqual({
      assets_ids: ['11', '22'],
      type: 'market',
      custom_feature_enabled: true,
    });
    expect(client?.request.headers['sec-websocket-extensions']).toBeUndefined();
    expect(client?.request.headers['user-agent']).toBe('orderbooks');
  });

  it('takes every text frame as it is: PONG, plain text, odd spacing, line feeds, any script', async () => {
    const texts = [
      'PONG',
      'NO NEW ASSETS',
      '[]',
      ' { "a" :  1 }\n',
      '\ufeff{"a":"ü漢🙂"}',
      'null',
      '',
    ];
    const { frames, got } = await connect({
      onMessage: (client) => {
        for (const text of texts) client.socket.send(text);
      },
    });
    await until('all frames', () => frames().length === texts.length);
    expect(frames()).toEqual(texts);
    const sequences = got.flatMap((entry) =>
      entry.kind === 'frame' ? [entry.connectionSequence] : [],
    );
    expect(sequences).toEqual(texts.map((_, index) => index));
  });

  it('counts data apart from PONG and plain text', async () => {
    const { frames, count } = await connect({
      onMessage: (client) => {
        for (const text of ['PONG', 'NO NEW ASSETS', '[]', BOOK, '{"a":1}'])
          client.socket.send(text);
      },
    });
    await until('all frames', () => frames().length === 5);
    expect(await count('frames')).toBe(5);
    expect(await count('dataFrames')).toBe(2);
  });

  it('keeps subscribe messages small', async () => {
    const tokens = Array.from({ length: 250 }, (_, index) => String(1000 + index));
    await connect({ tokens, onMessage: answerBooks });
    await until('three messages', () => server.clients[0]?.messages.length === 3);
    const sent = (server.clients[0]?.messages ?? []).map((text) => JSON.parse(text));
    expect(sent.map((message) => message.assets_ids.length)).toEqual([100, 100, 50]);
    expect(sent.map((message) => message.operation)).toEqual([undefined, 'subscribe', 'subscribe']);
    expect(sent.flatMap((message) => message.assets_ids)).toEqual(tokens);
  });

  it('rolls over on the open connection: adds what is new, then drops what is gone', async () => {
    const { want, frames } = await connect({ onMessage: answerBooks });
    await until('the dump', () => frames().length === 1);
    want(['22', '33']);
    await until('the change', () => server.clients[0]?.messages.length === 3);
    const [, added, gone] = (server.clients[0]?.messages ?? []).map((text) => JSON.parse(text));
    expect(added).toMatchObject({ operation: 'subscribe', assets_ids: ['33'] });
    expect(gone).toEqual({ operation: 'unsubscribe', assets_ids: ['11'] });
    expect(server.clients).toHaveLength(1);
  });

  it('sends PING by the clock', async () => {
    const { frames } = await connect({
      settings: { pingInterval: '20ms' },
      onMessage: answerBooks,
    });
    await until('three PONG', () => frames().filter((text) => text === 'PONG').length >= 3);
  });

  it('waits without tokens and connects when there are some', async () => {
    const { want, frames } = await connect({ tokens: [], onMessage: answerBooks });
    expect(connection.id).toBe('');
    want(['11']);
    await until('the dump', () => frames().length === 1);
  });

  it('records what is still on its way when it is told to stop', async () => {
    const { frames } = await connect({ onMessage: answerBooks });
    await until('the dump', () => frames().length === 1);
    for (let index = 0; index < 200; index++) server.clients[0]?.socket.send(`{"n":${index}}`);
    await connection.stop();
    expect(frames()).toHaveLength(201);
  });
});

describe('a connection that ends', () => {
  it.each<[string, (client: FeedClient) => void, RegExp]>([
    [
      '1013 slow consumer',
      ({ socket }) => socket.close(1013, 'slow consumer: send buffer full'),
      /code 1013: slow consumer/,
    ],
    [
      '1000 all resolved',
      ({ socket }) => socket.close(1000, 'all subscribed assets resolved'),
      /code 1000: all subscribed/,
    ],
    ['1001 going away', ({ socket }) => socket.close(1001), /code 1001/],
    ['a reset', ({ tcp }) => tcp.resetAndDestroy(), /code 1006: broke without a close frame/],
    ['a TCP close without a frame', ({ tcp }) => tcp.end(), /code 1006/],
    [
      'a frame that is no websocket',
      ({ tcp }) => tcp.write('\xff\xff\xff\xff'),
      /code 10\d\d.*(WS_ERR|invalid|Invalid)/,
    ],
    [
      'a close reason that is no text',
      ({ tcp }) => tcp.write(Buffer.from([0x88, 4, 0x03, 0xe8, 0xff, 0xfe])),
      /UTF-?8/i,
    ],
    [
      'a text frame that is no text',
      ({ tcp }) => tcp.write(Buffer.from([0x81, 2, 0xff, 0xfe])),
      /UTF-?8/i,
    ],
  ])(
    'by %s is said in a gap and opened again with a new id and a fresh subscription',
    async (_, end, detail) => {
      const { frames, gaps, reasons, count } = await connect({ onMessage: answerBooks });
      await until('the dump', () => frames().length === 1);
      const first = server.clients[0];
      if (first === undefined) throw new Error('no client');
      end(first);
      await until('the second dump', () => frames().length === 2);
      expect(reasons()).toEqual(['connect', 'disconnect', 'connect']);
      const [, ended, again] = gaps();
      expect(ended?.detail).toMatch(detail);
      expect(ended?.since).not.toBeNull();
      expect(again?.since).toBe(ended?.since);
      expect([ended?.connection_id, again?.connection_id]).toEqual(['ws1-1', 'ws1-2']);
      expect(JSON.parse(server.clients[1]?.messages[0] ?? '')).toMatchObject({ type: 'market' });
      expect(await count('disconnects')).toBe(1);
      expect(await count('reconnects')).toBe(1);
      expect(await count('stalls')).toBe(0);
      expect(await count('connectionsOpen')).toBe(1);
    },
  );

  it('never gives up, however often it is refused, and says status and page', async () => {
    const refusals = [
      { status: 403, body: '<html><title>Attention Required! | Cloudflare</title></html>' },
      { status: 429, headers: { 'retry-after': '0' }, body: 'Too Many Requests' },
      { status: 500, body: '' },
      { status: 200, body: '<html>hello</html>' },
    ];
    const { frames, gaps, reasons, count } = await connect({ onMessage: answerBooks, refusals });
    await until('the dump', () => frames().length === 1);
    expect(reasons()).toEqual(['refused', 'refused', 'refused', 'refused', 'connect']);
    expect(gaps()[0]?.detail).toMatch(/403.*Cloudflare/);
    expect(gaps()[1]?.detail).toMatch(/429.*Too Many Requests/);
    expect(await count('refusals')).toBe(4);
    expect(await count('disconnects')).toBe(0);
  });

  it('waits as long as a refusal says', async () => {
    const refusals = [{ status: 429, headers: { 'retry-after': '0.3' }, body: '' }];
    const started = performance.now();
    const { frames } = await connect({ onMessage: answerBooks, refusals });
    await until('the dump', () => frames().length === 1);
    expect(performance.now() - started).toBeGreaterThan(280);
  });

  it('does not ask again for resolved tokens of windows that are over', async () => {
    const { want, frames } = await connect({ onMessage: answerBooks });
    await until('the dump', () => frames().length === 1);
    const now = Date.now();
    const over = { opensAt: now - 200_000, endsAt: now - 1_000 };
    const open = { opensAt: now - 1_000, endsAt: now + 100_000 };
    connection.setTokens(
      new Map([
        ['11', over],
        ['22', open],
      ]),
    );
    server.clients[0]?.socket.close(1000, 'all subscribed assets resolved');
    await until('the second dump', () => frames().length === 2);
    expect(JSON.parse(server.clients[1]?.messages[0] ?? '').assets_ids).toEqual(['22']);
    want(['33']);
    await until('the rollover', () => server.clients[1]?.messages.length === 3);
  });
});

describe('a connection that is silent', () => {
  it('is replaced when nothing answers the subscription', async () => {
    const { gaps, reasons, count } = await connect({
      settings: { firstMessageTimeout: '60ms' },
      onMessage: (client, text) => {
        if (text === 'PING') client.socket.send('PONG');
        else if (server.clients.length > 1) client.socket.send(BOOK);
      },
    });
    await until(
      'the second connection',
      () => reasons().filter((r) => r === 'connect').length === 2,
    );
    expect(reasons()).toEqual(['connect', 'stall', 'connect']);
    expect(gaps()[1]?.detail).toContain('no first message within 60 ms');
    expect(await count('stalls')).toBe(1);
    expect(await count('disconnects')).toBe(1);
  });

  it('takes [] for an answer: the service has no book yet', async () => {
    const { reasons, frames, pass } = await connect({
      settings: { pingInterval: '20ms' },
      windowOpen: false,
      onMessage: (client, text) => client.socket.send(text === 'PING' ? 'PONG' : '[]'),
    });
    await until('the answer', () => frames().includes('[]'));
    pass(6_000);
    const before = frames().length;
    await until('some PONG', () => frames().length > before + 5);
    expect(reasons()).toEqual(['connect']);
  });

  it('is replaced when only PONG comes while a window is open', async () => {
    const { gaps, reasons } = await connect({
      settings: { silenceTimeout: '100ms', pingInterval: '20ms' },
      onMessage: answerBooks,
    });
    await until('the stall', () => reasons().includes('stall'));
    expect(gaps()[1]?.detail).toContain('no market data for 100 ms while a window is open');
  });

  it('may be silent while no window is open, as long as PONG comes', async () => {
    const { reasons, frames, pass } = await connect({
      settings: { pingInterval: '20ms' },
      windowOpen: false,
      onMessage: answerBooks,
    });
    await until('the book', () => frames().length > 0);
    // The limit is 10 s: it passes twice, but never between two PONG.
    for (let passed = 0; passed < 20_000; passed += 4_000) {
      const before = frames().length;
      pass(4_000);
      await until('PONG', () => frames().length > before + 2);
    }
    expect(reasons()).toEqual(['connect']);
  });

  it('is replaced when it is half-open: not even PONG comes', async () => {
    const { gaps, reasons } = await connect({
      settings: { silenceTimeout: '50ms', pingInterval: '30ms' },
      windowOpen: false,
      onMessage: (client, text) => {
        if (text !== 'PING') client.socket.send(BOOK);
      },
    });
    await until('the stall', () => reasons().includes('stall'));
    expect(gaps()[1]?.detail).toContain('half-open');
  });
});

describe('a frame that cannot be kept', () => {
  it('is an overflow gap when it is binary, and the connection goes on', async () => {
    const { gaps, reasons, frames, got, count } = await connect({
      onMessage: (client) => {
        client.socket.send(BOOK);
        client.socket.send(Buffer.from([1, 2, 3]));
        client.socket.send(BOOK);
      },
    });
    await until('both books', () => frames().length === 2);
    expect(reasons()).toEqual(['connect', 'overflow']);
    expect(gaps()[1]).toMatchObject({ lost_frames: 1 });
    expect(gaps()[1]?.detail).toContain('binary frame of 3 bytes');
    const last = got.at(-1);
    expect(last?.kind === 'frame' && last.connectionSequence).toBe(2);
    expect(await count('binaryFrames')).toBe(1);
    expect(await count('lostFrames')).toBe(1);
  });

  it('is a disconnect gap when it is larger than memory allows', async () => {
    const { gaps, frames, reasons } = await connect({
      maxFrameBytes: 1_000,
      onMessage: (client) =>
        client.socket.send(server.clients.length === 1 ? 'x'.repeat(2_000) : BOOK),
    });
    await until('the book', () => frames().length === 1);
    expect(reasons()).toEqual(['connect', 'disconnect', 'connect']);
    expect(gaps()[1]?.detail).toMatch(/Max payload size exceeded/);
  });
});
