import { describe, expect, it } from 'vitest';
import { FrameQueue, type Received } from '../../../runtime/recorder/frame-queue.ts';

const frame = (connectionSequence: number, bytes = 840, connectionId = 'ws1-1') =>
  ({
    kind: 'frame',
    connectionId,
    connectionSequence,
    wallMicros: 1_795_258_302_000_000 + connectionSequence,
    monoNs: 0n,
    payload: Buffer.alloc(bytes),
  }) as const;

function takeAll(queue: FrameQueue): Received[] {
  const all: Received[] = [];
  for (let entry = queue.take(); entry !== undefined; entry = queue.take()) all.push(entry);
  return all;
}

const short = (entry: Received) =>
  entry.kind === 'frame'
    ? entry.connectionSequence
    : `${entry.gap.reason}:${entry.gap.lost_frames}`;

describe('the frame queue', () => {
  it('gives everything back in the order of arrival, through many times its own compaction', () => {
    const queue = new FrameQueue(1e9);
    const seen: unknown[] = [];
    for (let n = 0; n < 30_000; n++) {
      queue.push(frame(n, 1));
      if (n % 3 !== 0) seen.push(queue.take());
    }
    seen.push(...takeAll(queue));
    expect(seen.map((entry) => short(entry as Received))).toEqual([...Array(30_000).keys()]);
    expect(queue.bytes).toBe(0);
    expect(queue.length).toBe(0);
  });

  it('never holds more bytes than it may', () => {
    const queue = new FrameQueue(10_000);
    for (let n = 0; n < 100; n++) {
      queue.push(frame(n));
      expect(queue.bytes).toBeLessThanOrEqual(10_000);
    }
    expect(queue.lostFrames).toBe(92);
  });

  it('says what was lost where it would have stood, once per jam, with the last kept moment', () => {
    const queue = new FrameQueue(5_000);
    const kept = [0, 1, 2, 3, 4, 5, 6].map((n) => queue.push(frame(n)));
    expect(kept).toEqual([true, true, true, true, false, false, false]);
    queue.take();
    queue.take();
    expect(queue.push(frame(7))).toBe(true);
    const rest = takeAll(queue);
    expect(rest.map(short)).toEqual([2, 3, 'overflow:3', 7]);
    expect(rest[2]).toMatchObject({
      gap: {
        connection_id: 'ws1-1',
        since: '2026-11-21T10:51:42.000003Z',
        at: '2026-11-21T10:51:42.000006Z',
      },
    });
  });

  it('goes on losing until there is real room, so that a jam is one gap', () => {
    const queue = new FrameQueue(5_000);
    for (let n = 0; n < 5; n++) queue.push(frame(n));
    queue.take();
    expect(queue.push(frame(5, 10))).toBe(true);
    for (let n = 6; n < 9; n++) queue.push(frame(n));
    queue.push(frame(9, 10));
    expect(queue.lostFrames).toBe(1 + 3);
  });

  it('reports losses of each connection apart, and also when nothing comes after them', () => {
    const queue = new FrameQueue(3_000);
    for (let n = 0; n < 5; n++) queue.push(frame(n, 1_000, 'a'));
    for (let n = 0; n < 2; n++) queue.push(frame(n, 1_000, 'b'));
    const all = takeAll(queue);
    expect(all.map(short)).toEqual([0, 1, 'overflow:3', 'overflow:2']);
    expect(all[3]).toMatchObject({ gap: { connection_id: 'b', since: null } });
    expect(takeAll(queue)).toEqual([]);
  });

  it('takes gaps however full it is, after the losses before them', () => {
    const queue = new FrameQueue(100);
    queue.push(frame(0));
    queue.pushGap({
      type: 'gap',
      connection_id: 'ws1-1',
      reason: 'disconnect',
      since: null,
      at: '2026-11-21T10:51:42.000000Z',
      detail: '',
    });
    expect(takeAll(queue).map(short)).toEqual(['overflow:1', 'disconnect:undefined']);
  });
});
