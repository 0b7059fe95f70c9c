import { describe, expect, it, onTestFinished } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { FrameQueue } from '../../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { Slot } from '../../../runtime/recorder/slot.ts';
import { type FeedClient, feedServer, until } from './feed-server.ts';
import { jumpingClock } from './jumping-clock.ts';
import { silentLogger } from './silent-logger.ts';

const FIRST_MESSAGE_MS = 60_000;
const SILENCE_MS = 3_600_000;
const bookOf = (token: string) =>
  `[{"market":"0x1","asset_id":"${token}","timestamp":"1","hash":"0","bids":[],"asks":[],"event_type":"book"}]`;
const changeOf = (token: string) =>
  `{"market":"0x1","price_changes":[{"asset_id":"${token}","price":"0.5","size":"1","side":"BUY","hash":"0","best_bid":"0","best_ask":"1"}],"timestamp":"1","event_type":"price_change"}`;

interface Message {
  readonly operation?: string;
  readonly assets_ids: readonly string[];
}

/** A slot with the tokens 11 and 12, fed and ticked as the recorder does, and a service that answers as told. */
async function recording(answer: (token: string, client: number, renewed: boolean) => string) {
  const answers = (client: FeedClient, { operation, assets_ids }: Message) => {
    if (operation === 'unsubscribe') return;
    const index = server.clients.indexOf(client);
    for (const token of assets_ids) {
      client.socket.send(answer(token, index, operation === 'subscribe'));
    }
  };
  const server = await feedServer((client, text) => {
    if (text === 'PING') client.socket.send('PONG');
    else answers(client, JSON.parse(text));
  });
  onTestFinished(() => server.close());
  const { feed, recorder: settings } = configuration.parse({
    feed: { websocketUrl: server.url, requestTimeout: '60s' },
    recorder: { firstMessageTimeout: `${FIRST_MESSAGE_MS}ms`, silenceTimeout: `${SILENCE_MS}ms` },
  });
  const { clock, jump } = jumpingClock();
  const queue = new FrameQueue(1e9);
  const frames: string[] = [];
  const gaps: string[] = [];
  const slot = new Slot({
    name: 'ws1',
    feed,
    settings,
    clock,
    queue,
    metrics: recorderMetrics({ revision: '', image: '' }),
    logger: silentLogger(),
    received() {
      for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
        if (entry.kind === 'gap') {
          gaps.push(`${entry.gap.connection_id} ${entry.gap.reason}`);
          continue;
        }
        const text = entry.payload.toString();
        frames.push(`${entry.connectionId} ${text}`);
        if (slot.owns(entry.connectionId)) slot.observe(entry, text, true);
      }
    },
    turn: () => 0,
  });
  onTestFinished(() => slot.stop());
  const window = { opensAt: Date.now() - SILENCE_MS, endsAt: Number.POSITIVE_INFINITY };
  slot.setTokens(
    new Map([
      ['11', window],
      ['12', window],
    ]),
  );
  await until('changes of 11 and the book of 12', () => frames.length === 2);
  // Seen once while it may still come, the book of 11 is owed from now on.
  slot.tick(clock.mono());
  const pass = (ms: number) => {
    jump.monoMs += ms;
    jump.wallMs += ms;
  };
  pass(FIRST_MESSAGE_MS);
  repeated(() => slot.tick(clock.mono()));
  return {
    slot,
    clients: server.clients,
    frames,
    gaps,
    pass,
    messagesTo: (client: number): Message[] =>
      (server.clients[client]?.messages ?? [])
        .filter((text) => text !== 'PING')
        .map((text) => JSON.parse(text)),
  };
}

function repeated(what: () => void): void {
  const timer = setInterval(what, 5);
  onTestFinished(() => clearInterval(timer));
}

const closed = (clients: readonly FeedClient[], client: number) =>
  until('the end of a connection beside', () => clients[client]?.socket.readyState === 3);

describe('a slot', () => {
  it('asks again through a connection beside: for a book that never came, later for a silent token', async () => {
    const { clients, frames, gaps, messagesTo, pass } = await recording((token, client, renewed) =>
      token === '11' && client === 0 && !renewed ? changeOf(token) : bookOf(token),
    );
    await closed(clients, 1);
    expect(messagesTo(1).map((message) => message.assets_ids)).toEqual([['11']]);
    expect(frames).toContain(`ws1~1 ${bookOf('11')}`);
    const renewed = [undefined, 'unsubscribe', 'subscribe'];
    expect(messagesTo(0).map((message) => message.operation)).toEqual(renewed);
    expect(messagesTo(0).at(-1)?.assets_ids).toEqual(['11']);
    expect(frames).toContain(`ws1-1 ${bookOf('11')}`);

    // Token 11 goes on, so that the connection is not silent: only token 12 is.
    const [own] = clients;
    repeated(() => own?.socket.send(changeOf('11')));
    const told = frames.length;
    pass(SILENCE_MS / 2);
    await until('a frame', () => frames.length > told);
    pass(SILENCE_MS / 2);
    await closed(clients, 2);
    expect(messagesTo(2).map((message) => message.assets_ids)).toEqual([['12']]);
    expect(frames).toContain(`ws1~2 ${bookOf('12')}`);
    expect(messagesTo(0).at(-1)?.assets_ids).toEqual(['12']);
    expect(gaps).toEqual(['ws1-1 connect']);
  });

  it('closes the connections beside with its own', async () => {
    const { slot, clients, frames } = await recording((token, client) =>
      token === '11' && client === 0 ? changeOf(token) : bookOf(token),
    );
    await until('the connection beside', () => frames.includes(`ws1~1 ${bookOf('11')}`));
    await slot.stop();
    expect(clients.map(({ socket }) => socket.readyState)).not.toContain(1);
  });
});
