import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { systemClock } from '../../../runtime/observability/clock.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { Recorder, type RecorderArchive } from '../../../runtime/recorder/recorder.ts';
import {
  gammaEvent,
  type Reply,
  type ScriptedServer,
  scriptedServer,
} from '../polymarket/gamma-server.ts';
import { type FeedServer, feedServer, until } from './feed-server.ts';
import { silentLogger } from './silent-logger.ts';

/** The whole recorder, in this process, against servers that say anything: it neither ends, nor stops, nor loses. */

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Scene {
  readonly feed: FeedServer;
  readonly rest: ScriptedServer;
  readonly frames: NewRow[];
  readonly checkpoints: NewRow[];
  readonly failed: unknown[];
}

async function recording(
  rest: (path: string) => Reply | null,
  onOpen: Parameters<typeof feedServer>[1] = () => undefined,
): Promise<Scene> {
  const feed = await feedServer(undefined, onOpen);
  opened.push(() => feed.close());
  const server = await scriptedServer((path, query) => {
    const odd = rest(path);
    if (odd !== null) return odd;
    if (path === '/books') return { body: [] };
    return { body: query.getAll('slug').map((slug) => gammaEvent(slug)) };
  });
  opened.push(() => server.close());
  const archive = (rows: NewRow[]): RecorderArchive => ({
    queuedBytes: 0,
    append: (row) => rows.push(row) - 1,
    setTokens: () => undefined,
    close: async () => undefined,
    trouble: null,
  });
  const [frames, checkpoints, failed]: [NewRow[], NewRow[], unknown[]] = [[], [], []];
  const recorder = new Recorder({
    configuration: configuration.parse({
      feed: {
        gammaUrl: server.url,
        clobUrl: server.url,
        websocketUrl: feed.url,
        requestTimeout: '500ms',
      },
      discovery: { cadences: ['5m'], interval: '20ms' },
      recorder: {
        silenceTimeout: '1h',
        firstMessageTimeout: '1h',
        reconnectInitial: '1ms',
        reconnectMaximum: '5ms',
        checkpointInterval: '2ms',
      },
    }),
    provenance: { run_id: 'r1', git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: 'p' },
    clock: systemClock(),
    logger: silentLogger(),
    metrics: recorderMetrics({ revision: '', image: '' }),
    frames: archive(frames),
    checkpoints: archive(checkpoints),
    keepRun: async () => undefined,
    keepDiscovery: async () => undefined,
  });
  recorder.start().catch((error: unknown) => failed.push(error));
  opened.push(() => recorder.stop('stopped', 'the test is over'));
  return { feed, rest: server, frames, checkpoints, failed };
}

const textsOf = (rows: readonly NewRow[]) =>
  rows.flatMap((row) => (row.type === 'frame' ? [String(row.raw_text)] : []));

/** Things that look like events with fields of any type in them, and things that look like nothing. */
const oddFrame = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constantFrom('', 'PONG', '[]', '[[[[', '{"event_type":', '{"__proto__":{"x":1}}', '\u0000'),
  fc
    .record(
      {
        event_type: fc.oneof(
          fc.constantFrom('book', 'price_change', 'tick_size_change', 'last_trade_price'),
          fc.anything({ maxDepth: 1 }),
        ),
        asset_id: fc.oneof(fc.constantFrom('1', '__proto__', 'constructor'), fc.jsonValue()),
        bids: fc.jsonValue(),
        asks: fc.oneof(
          fc.jsonValue(),
          fc.array(fc.record({ price: fc.string(), size: fc.string() })),
        ),
        price_changes: fc.oneof(
          fc.jsonValue(),
          fc.array(fc.record({ asset_id: fc.string(), price: fc.jsonValue(), size: fc.string() })),
        ),
        hash: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((event) =>
      JSON.stringify(event, (_key, value) => (typeof value === 'bigint' ? '1' : value)),
    ),
);

describe('whatever the service sends', () => {
  it('every text frame is archived as it came, in its order, and recording goes on', async () => {
    const { feed, frames, failed } = await recording(() => null);
    await until('a connection', () => feed.clients.length === 1);
    const [client] = feed.clients;
    await until('the subscription', () => (client?.messages.length ?? 0) > 0);
    const sent: string[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(oddFrame, { minLength: 1, maxLength: 30 }), async (batch) => {
        // A websocket carries UTF-8: a lone surrogate leaves as the replacement character.
        for (const text of batch.map((one) => one.toWellFormed())) {
          sent.push(text);
          client?.socket.send(text);
        }
        await until('all frames', () => textsOf(frames).length >= sent.length);
        expect(textsOf(frames)).toEqual(sent);
        expect(failed).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(feed.clients).toHaveLength(1);
  });

  it('bytes that are no websocket cost the connection, never the recorder', async () => {
    let bytes: Uint8Array = new Uint8Array();
    const { feed, frames, failed } = await recording(
      () => null,
      (client) => {
        if (bytes.length > 0) client.tcp.end(Buffer.from(bytes));
        else client.socket.send('[{"n":1}]');
      },
    );
    const alive = async () => {
      const before = textsOf(frames).length;
      const clients = feed.clients.length;
      bytes = new Uint8Array();
      for (const client of feed.clients) client.socket.terminate();
      await until('a new connection', () => feed.clients.length > clients);
      await until('a frame', () => textsOf(frames).length > before);
    };
    await until('a connection', () => feed.clients.length > 0);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (odd) => {
        bytes = odd;
        const clients = feed.clients.length;
        for (const client of feed.clients) client.socket.terminate();
        await until('the odd connection', () => feed.clients.length > clients);
        await alive();
        expect(failed).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('answers of REST that are anything are archived, failed or not, and asked for again', async () => {
    let odd: Reply | null = null;
    const { rest, checkpoints, failed } = await recording(() => odd);
    await until('a checkpoint', () => checkpoints.length > 0);
    const reply: fc.Arbitrary<Reply> = fc.record({
      status: fc.constantFrom(200, 200, 200, 204, 301, 403, 404, 429, 500, 503),
      raw: fc.oneof(
        oddFrame,
        fc.json(),
        fc.array(fc.jsonValue()).map((value) => JSON.stringify(value)),
      ),
      truncate: fc.constantFrom(false, false, true),
      headers: fc.constantFrom({}, { 'retry-after': '0' }, { 'retry-after': 'soon' }),
    });
    await fc.assert(
      fc.asyncProperty(reply, async (answer) => {
        odd = answer;
        const books = () => rest.requests.filter(({ path }) => path === '/books').length;
        const [asked, kept] = [books(), checkpoints.length];
        await until('the odd answer', () => books() > asked && checkpoints.length > kept);
        odd = null;
        expect(failed).toEqual([]);
      }),
      { numRuns: 40 },
    );
    const before = checkpoints.length;
    await until('good checkpoints again', () =>
      checkpoints.slice(before).some((row) => row.type === 'checkpoint' && row.error === undefined),
    );
  });
});
