import { afterEach, describe, expect, it } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { systemClock } from '../../../runtime/observability/clock.ts';
import { AskAgain } from '../../../runtime/recorder/ask-again.ts';
import { Beside } from '../../../runtime/recorder/beside.ts';
import { Connection } from '../../../runtime/recorder/connection.ts';
import { FrameQueue, type Received } from '../../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { type FeedClient, type FeedServer, feedServer, until } from './feed-server.ts';
import { silentLogger } from './silent-logger.ts';

const BOOK =
  '[{"market":"0x1","asset_id":"11","timestamp":"1","hash":"0","bids":[],"asks":[],"event_type":"book"}]\n';
const change = (number: number) =>
  `{"market":"0x1","price_changes":[{"asset_id":"11","price":"0.5","size":"${number}","side":"BUY","hash":"0","best_bid":"0","best_ask":"1"}],"timestamp":"${number}","event_type":"price_change"}`;
/** The service takes its time to act on a message; a subscription that was ended stays so meanwhile. */
const SUBSCRIBES_AFTER_MS = 150;

let server: FeedServer;
let connection: Connection;
let again: AskAgain;
const timers: NodeJS.Timeout[] = [];
afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  await Promise.all([connection.stop(), again.stop(1_000)]);
  await server.close();
});

/** A connection whose first subscription of token 11 gets changes and never a book. The one beside may break at once. */
async function withoutBook({ breaks = false } = {}) {
  const subscribed = new Set<FeedClient>();
  server = await feedServer((client, text) => {
    const isFirst = server.clients.length === 1 && client.messages.length === 1;
    if (text === 'PING') client.socket.send('PONG');
    else if (breaks && client === server.clients[1]) client.tcp.resetAndDestroy();
    else if (text.includes('"unsubscribe"')) subscribed.delete(client);
    else if (isFirst) subscribed.add(client);
    else {
      setTimeout(() => {
        subscribed.add(client);
        client.socket.send(BOOK);
      }, SUBSCRIBES_AFTER_MS);
    }
  });
  let sent = 0;
  const send = () => {
    if (subscribed.size > 0) sent++;
    for (const client of subscribed) client.socket.send(change(sent));
  };
  timers.push(setInterval(send, 5));
  const { feed, recorder: settings } = configuration.parse({
    feed: { websocketUrl: server.url, requestTimeout: '60s' },
    recorder: { firstMessageTimeout: '60s', silenceTimeout: '60s', pingInterval: '10m' },
  });
  const clock = systemClock();
  const now = () => Number(clock.mono()) / 1e6;
  const queue = new FrameQueue(1e9);
  const metrics = recorderMetrics({ revision: '', image: '' });
  const logger = silentLogger();
  const got: Received[] = [];
  const received = () => {
    for (let entry = queue.take(); entry !== undefined; entry = queue.take()) got.push(entry);
  };
  const parts = { feed, settings, clock, queue, metrics, logger, received };
  connection = new Connection({ slot: 'ws1', ...parts });
  const ownFrames = () => got.filter((entry) => entry.kind === 'frame' && idOf(entry) === 'ws1-1');
  const timeOf = (entry: Received | undefined) =>
    entry?.kind === 'frame' ? Number(entry.monoNs) / 1e6 : undefined;
  again = new AskAgain({
    open: (tokens) => new Beside({ id: 'ws1~1', tokens, ...parts }),
    renew: (tokens) => connection.resubscribe(tokens),
    lastSeen: () => timeOf(ownFrames().at(-1)),
    lastBook: () => timeOf(ownFrames().findLast((entry) => textOf(entry) === BOOK)),
    silenceMs: settings.silenceTimeout,
  });
  const wanted = new Map([['11', { opensAt: 0, endsAt: Number.POSITIVE_INFINITY }]]);
  connection.setTokens(wanted);
  await until('the first change', () => ownFrames().length > 0);
  again.ask(['11'], now());
  timers.push(setInterval(() => again.tick(now(), Date.now(), wanted), 20));
  const frames = (id: string) =>
    got.flatMap((entry) => (entry.kind === 'frame' && idOf(entry) === id ? [textOf(entry)] : []));
  const gaps = () => got.flatMap((entry) => (entry.kind === 'gap' ? [entry.gap.reason] : []));
  return { frames, gaps, sent: () => sent };
}

const idOf = (entry: Received) => (entry.kind === 'frame' ? entry.connectionId : null);
const textOf = (entry: Received) => (entry.kind === 'frame' ? entry.payload.toString() : '');
const sizes = (frames: readonly string[]) =>
  frames.flatMap((text) => /"size":"(\d+)"/.exec(text)?.slice(1).map(Number) ?? []);

describe('asking again for the book of a token', () => {
  it('misses no change of it, and leaves no gap', async () => {
    const { frames, gaps, sent } = await withoutBook();
    await until(
      'the end of the connection beside',
      () => server.clients[1]?.socket.readyState === 3,
    );
    expect(frames('ws1-1')).toContain(BOOK);
    const last = sent();
    await until('the last change', () => sizes(frames('ws1-1')).includes(last));
    const own = new Set(sizes(frames('ws1-1')));
    const all = new Set([...own, ...sizes(frames('ws1~1'))]);
    const due = Array.from({ length: last }, (_, index) => index + 1);
    expect(due.filter((number) => !all.has(number))).toEqual([]);
    // Its own connection alone missed some: else this proves nothing.
    expect(due.filter((number) => !own.has(number)).length).toBeGreaterThan(0);
    expect(gaps()).toEqual(['connect']);
    const operations = server.clients[0]?.messages.map((text) => JSON.parse(text).operation);
    expect(operations).toEqual([undefined, 'unsubscribe', 'subscribe']);
  });

  it('leaves a gap where the connection beside breaks, and its own one as it is', async () => {
    const { gaps } = await withoutBook({ breaks: true });
    await until('the gap', () => gaps().length === 2);
    expect(gaps()).toEqual(['connect', 'disconnect']);
    expect(server.clients[0]?.messages).toHaveLength(1);
  });
});
