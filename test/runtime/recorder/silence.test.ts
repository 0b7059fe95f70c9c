import { describe, expect, it, onTestFinished } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { Connection } from '../../../runtime/recorder/connection.ts';
import { FrameQueue } from '../../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { feedServer, until } from './feed-server.ts';
import { jumpingClock } from './jumping-clock.ts';
import { silentLogger } from './silent-logger.ts';

/** What hides silence, and what only looks like silence. */

const BOOK = '[{"market":"0x1","asset_id":"11","bids":[],"asks":[],"event_type":"book"}]\n';
const NEW_MARKET =
  '{"market":"0x9","slug":"elsewhere","assets_ids":["8","9"],"event_type":"new_market"}';
const HOUR_MS = 3_600_000;

/** A connection to a server that answers as told and sends `every` to every client every few milliseconds. */
async function connect(options: {
  readonly settings: Readonly<Record<string, string>>;
  readonly answer: string | null;
  readonly every?: string;
}) {
  const server = await feedServer((client, text) => {
    if (text === 'PING') client.socket.send('PONG');
    else if (options.answer !== null) client.socket.send(options.answer);
  });
  onTestFinished(() => server.close());
  const { every } = options;
  if (every !== undefined) {
    const sending = setInterval(
      () => server.clients.forEach(({ socket }) => void socket.send(every)),
      5,
    );
    onTestFinished(() => clearInterval(sending));
  }
  const { feed, recorder } = configuration.parse({
    feed: { websocketUrl: server.url },
    recorder: { reconnectInitial: '10ms', reconnectMaximum: '10ms', ...options.settings },
  });
  const { clock, jump } = jumpingClock();
  const queue = new FrameQueue(1e9);
  const gaps: { reason: string; detail: string }[] = [];
  let frames = 0;
  const connection = new Connection({
    slot: 'ws1',
    feed,
    settings: recorder,
    clock,
    queue,
    metrics: recorderMetrics({ revision: '', image: '' }),
    logger: silentLogger(),
    received() {
      for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
        if (entry.kind === 'gap') gaps.push(entry.gap);
        else frames++;
      }
    },
  });
  onTestFinished(() => connection.stop());
  const now = Date.now();
  connection.setTokens(new Map([['11', { opensAt: now - HOUR_MS, endsAt: now + HOUR_MS }]]));
  return {
    gaps,
    jump,
    /** Until `more` frames came after now. */
    frames: async (more: number) => {
      const before = frames;
      await until('frames', () => frames >= before + more);
    },
    stalled: () => until('the stall', () => gaps.some(({ reason }) => reason === 'stall')),
  };
}

describe('a silent connection', () => {
  it('is found although announcements of new markets go on', async () => {
    const { gaps, stalled } = await connect({
      settings: { silenceTimeout: '150ms' },
      answer: BOOK,
      every: NEW_MARKET,
    });
    await stalled();
    expect(gaps[1]?.detail).toContain('no market data for 150 ms');
  });

  it('is found when only announcements follow the subscription', async () => {
    const { gaps, stalled } = await connect({
      settings: { firstMessageTimeout: '100ms' },
      answer: null,
      every: NEW_MARKET,
    });
    await stalled();
    expect(gaps[1]?.detail).toContain('no first message within 100 ms');
  });

  it('is found when every answer and every frame is an empty array', async () => {
    const { gaps, stalled } = await connect({
      settings: { silenceTimeout: '150ms' },
      answer: '[]',
      every: '[]',
    });
    await stalled();
    expect(gaps[1]?.detail).toContain('no market data for 150 ms');
  });
});

describe('a clock that jumps', () => {
  it.each([
    ['the wall clock is set forward', { wallMs: HOUR_MS / 2, monoMs: 0 }],
    ['the wall clock is set back', { wallMs: -HOUR_MS / 2, monoMs: 0 }],
    ['the process stood still', { wallMs: HOUR_MS / 2, monoMs: HOUR_MS / 2 }],
  ])('is no silence: %s', async (_, by) => {
    const { gaps, jump, frames } = await connect({
      settings: { silenceTimeout: '2s', firstMessageTimeout: '2s', pingInterval: '50ms' },
      answer: BOOK,
      every: BOOK,
    });
    await frames(5);
    Object.assign(jump, by);
    await frames(40);
    expect(gaps.map(({ reason }) => reason)).toEqual(['connect']);
  });
});
