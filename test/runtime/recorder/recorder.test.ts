import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RunManifest } from '../../../runtime/archive/manifest.ts';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { type Clock, systemClock } from '../../../runtime/observability/clock.ts';
import {
  type DiscoveryManifest,
  discoveryManifest,
} from '../../../runtime/polymarket/discovery-manifest.ts';
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

const OPEN = Date.UTC(2026, 10, 21, 10, 0, 0);
const slugAt = (ms: number) => `btc-updown-5m-${ms / 1000}`;
const FIVE_MINUTES = 300_000;

let feed: FeedServer;
let rest: ScriptedServer;
let recorder: Recorder;
let stopped = false;
afterEach(async () => {
  if (!stopped) await recorder.stop('stopped', 'the test is over');
  await feed.close();
  await rest.close();
});

/** A recorder whose wall clock the test sets, with archives in memory. */
async function start(
  gamma: (query: URLSearchParams) => Reply,
  trouble: () => string | null = () => null,
  finishLimitMs = 60_000,
) {
  stopped = false;
  let wallMs = OPEN + 60_000;
  const real = systemClock();
  let micros = 0;
  let aheadNs = 0n;
  const clock: Clock = {
    mono: () => real.mono() + aheadNs,
    wallMicros: () => wallMs * 1000 + micros++,
  };
  feed = await feedServer((client, text) =>
    client.socket.send(text === 'PING' ? 'PONG' : '[{"n":1}]'),
  );
  rest = await scriptedServer((path, query) =>
    path === '/events' ? gamma(query) : path === '/books' ? { body: [] } : { body: { events: [] } },
  );
  const rows: NewRow[] = [];
  /** While it is on, the archives say that too much waits for the disk. */
  const jam = { on: false, looks: 0 };
  const archive = (): RecorderArchive => ({
    get queuedBytes() {
      jam.looks++;
      return jam.on ? Number.MAX_SAFE_INTEGER : 0;
    },
    append: (row) => rows.push(row),
    setTokens: () => undefined,
    close: async () => undefined,
    get trouble() {
      return trouble();
    },
  });
  const runs: RunManifest[] = [];
  const discoveries: DiscoveryManifest[] = [];
  recorder = new Recorder({
    configuration: configuration.parse({
      feed: { gammaUrl: rest.url, clobUrl: rest.url, websocketUrl: feed.url, requestTimeout: '1s' },
      discovery: { cadences: ['5m'], interval: '10ms', lookAhead: '2m', keepAfterEnd: '1m' },
      recorder: { silenceTimeout: '1h', checkpointInterval: '10ms' },
    }),
    provenance: { run_id: 'r1', git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: 'p' },
    clock,
    logger: silentLogger(),
    metrics: recorderMetrics({ revision: '', image: '' }),
    frames: archive(),
    checkpoints: archive(),
    keepRun: async (manifest) => void runs.push(manifest),
    keepDiscovery: async (manifest) => void discoveries.push(manifest),
    finishLimitMs,
  });
  const failure = recorder.start();
  failure.catch(() => undefined);
  const stop = async () => {
    stopped = true;
    await recorder.stop('stopped', 'SIGTERM');
  };
  const subscribed = () =>
    (feed.clients[0]?.messages ?? [])
      .filter((text) => text !== 'PING')
      .map((text) => JSON.parse(text) as { operation?: string; assets_ids: string[] });
  return {
    rows,
    runs,
    discoveries,
    stop,
    jam,
    subscribed,
    setTime: (ms: number) => {
      wallMs = ms;
    },
    /** Lets time pass for everything that measures it. */
    pass: (ms: number) => {
      aheadNs += BigInt(ms) * 1_000_000n;
    },
    alive: () => recorder.health().every(({ ok }) => ok),
    ready: () =>
      recorder
        .readiness()
        .filter(({ ok }) => ok)
        .map(({ name }) => name),
  };
}

const listing = (query: URLSearchParams): Reply => ({
  body: query.getAll('slug').map((slug) => gammaEvent(slug)),
});
const tokensOf = (ms: number): string[] =>
  JSON.parse(gammaEvent(slugAt(ms)).markets[0]?.['clobTokenIds'] as string);

describe('the recorder', () => {
  it('subscribes to the next window before it opens and lets the last one go after its time', async () => {
    const { subscribed, setTime, discoveries } = await start(listing);
    await until('the first window', () => subscribed().length === 1);
    expect(subscribed()[0]?.assets_ids).toEqual(tokensOf(OPEN));
    setTime(OPEN + FIVE_MINUTES - 100_000);
    await until('the next window', () => subscribed().length === 2);
    expect(subscribed()[1]).toMatchObject({
      operation: 'subscribe',
      assets_ids: tokensOf(OPEN + FIVE_MINUTES),
    });
    setTime(OPEN + FIVE_MINUTES + 59_000);
    const asked = rest.requests.length;
    await until('three more looks', () => rest.requests.length > asked + 6);
    expect(subscribed()).toHaveLength(2);
    setTime(OPEN + FIVE_MINUTES + 61_000);
    await until('the first window gone', () => subscribed().length === 3);
    expect(subscribed()[2]).toEqual({ operation: 'unsubscribe', assets_ids: tokensOf(OPEN) });
    expect(discoveries.map((manifest) => manifest.chosen)).toEqual([
      [slugAt(OPEN)],
      [slugAt(OPEN), slugAt(OPEN + FIVE_MINUTES)],
      [slugAt(OPEN + FIVE_MINUTES)],
    ]);
    for (const manifest of discoveries) discoveryManifest.parse(manifest);
  });

  it('is not ready until markets are found, a connection is open and the disk takes rows', async () => {
    let gammaWorks = false;
    let trouble: string | null = null;
    const { ready } = await start(
      (query) => (gammaWorks ? listing(query) : { status: 500, body: {} }),
      () => trouble,
    );
    await until('a question to Gamma', () => rest.requests.length > 1);
    expect(ready()).toEqual(['writing']);
    gammaWorks = true;
    await until('readiness', () => ready().length === 3);
    trouble = 'ENOSPC';
    expect(ready()).toEqual(['discovered', 'connected']);
  });

  it('goes on recording and checkpointing known markets while Gamma fails', async () => {
    let gammaWorks = true;
    const { rows, subscribed, discoveries } = await start((query) =>
      gammaWorks ? listing(query) : { status: 403, raw: '<html>' },
    );
    await until('the subscription', () => subscribed().length === 1);
    gammaWorks = false;
    await until(
      'a manifest with the problem',
      () => (discoveries.at(-1)?.problems.length ?? 0) > 0,
    );
    expect(discoveries.at(-1)?.chosen).toEqual([slugAt(OPEN)]);
    const before = rows.length;
    await until('checkpoints', () => rows.length > before + 3);
    expect(rows.at(-1)).toMatchObject({ type: 'checkpoint', token_ids: tokensOf(OPEN) });
    expect(subscribed()).toHaveLength(1);
  });

  it('is alive while frames wait for a disk that refuses, and not when they wait for minutes without a reason', async () => {
    let trouble: string | null = null;
    const { rows, jam, pass, alive } = await start(listing, () => trouble);
    await until('a frame', () => rows.some((row) => row.type === 'frame'));
    pass(3_000_000);
    expect(alive()).toBe(true);
    jam.on = true;
    feed.clients[0]?.socket.send('{"n":2}');
    const before = jam.looks;
    await until('the frame at the jammed archive', () => jam.looks > before + 3);
    expect(alive()).toBe(true);
    trouble = 'the disk refuses rows of ws_raw: ENOSPC';
    pass(300_000);
    expect(alive()).toBe(true);
    trouble = null;
    expect(alive()).toBe(false);
    jam.on = false;
    await until('the frame at the archive', alive);
  });

  it('says start and shutdown, and its run manifest ends as stopped', async () => {
    const { rows, runs, stop, jam } = await start(listing);
    await until('a frame', () => rows.some((row) => row.type === 'frame'));
    expect(runs[0]).toMatchObject({ state: 'running', stopped_at: null });
    jam.on = true;
    const [client] = feed.clients;
    for (let n = 0; n < 2_000; n++) client?.socket.send(`{"n":${n}}`);
    const ended = stop();
    await until('the end of the connection', () => client?.socket.readyState === WebSocket.CLOSED);
    const before = jam.looks;
    await until('some looks at the jammed archive', () => jam.looks > before + 5);
    jam.on = false;
    await ended;
    const streams = rows.filter((row) => row.type !== 'checkpoint');
    expect(streams[0]).toMatchObject({ type: 'gap', reason: 'start', since: null });
    expect(streams.at(-1)).toMatchObject({ type: 'gap', reason: 'shutdown', detail: 'SIGTERM' });
    const last = streams.findLast((row) => row.type === 'frame');
    expect(streams.at(-1)).toMatchObject({ since: last?.type === 'frame' ? last.received_at : '' });
    expect(runs.at(-1)).toMatchObject({
      state: 'stopped',
      markets: [{ slug: slugAt(OPEN), tokens: tokensOf(OPEN) }],
    });
    const counters = runs.at(-1)?.counters ?? {};
    expect(counters).toMatchObject({
      reconnects: 0,
      disconnects: 0,
      stalls: 0,
      divergences: 0,
      lost_frames: 0,
    });
    expect(counters['frames']).toBe(streams.filter((row) => row.type === 'frame').length);
  });

  it('says in its last gap how many frames a disk did not take in time', async () => {
    const { rows, runs, stop, jam } = await start(listing, undefined, 100);
    await until('a frame', () => rows.some((row) => row.type === 'frame'));
    const before = rows.filter((row) => row.type === 'frame');
    jam.on = true;
    for (let n = 0; n < 20; n++) feed.clients[0]?.socket.send(`{"n":${n}}`);
    await stop();
    const counters = runs.at(-1)?.counters ?? {};
    const streams = rows.filter((row) => row.type !== 'checkpoint');
    const kept = streams.filter((row) => row.type === 'frame').length;
    const lost = Number(counters['frames']) - kept;
    expect(lost).toBeGreaterThan(0);
    expect(streams.at(-1)).toMatchObject({
      type: 'gap',
      reason: 'shutdown',
      detail: `SIGTERM; ${lost} frames still waited for the disk`,
      lost_frames: lost,
      since: before.at(-1)?.['received_at'],
    });
    expect(counters['lost_frames']).toBe(lost);
  });
});
