import { hash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { Drain } from '../../../runtime/recorder/drain.ts';
import { FrameQueue } from '../../../runtime/recorder/frame-queue.ts';

afterEach(() => void vi.useRealTimers());

function start(options: { accept?: () => boolean; sinkBytes?: number } = {}) {
  const queue = new FrameQueue(1e9);
  const rows: NewRow[] = [];
  const sink = {
    queuedBytes: 0,
    append(row: NewRow): number | null {
      if (options.accept?.() === false) return null;
      rows.push(row);
      return rows.length - 1;
    },
  };
  const drain = new Drain({
    queue,
    sink,
    sinkBytes: options.sinkBytes ?? 1e9,
    observe: () => undefined,
  });
  const push = (text: string, n: number) =>
    queue.push({
      kind: 'frame',
      connectionId: 'ws1-1',
      connectionSequence: n,
      wallMicros: 1_795_258_302_000_001,
      monoNs: 123_456_789_012_345_678n,
      payload: Buffer.from(text),
    });
  return { queue, rows, sink, drain, push };
}

describe('the drain', () => {
  it('makes of each frame a row whose text hashes to its digest', async () => {
    const { rows, drain, push } = start();
    const texts = ['PONG', '{"ü":"🙂"}\n', '\ufeff[]', ''];
    for (const [n, text] of texts.entries()) push(text, n);
    expect(await drain.finish(1_000)).toBe(true);
    expect(rows).toEqual(
      texts.map((text, n) => ({
        type: 'frame',
        connection_id: 'ws1-1',
        connection_sequence: n,
        received_at: '2026-11-21T10:51:42.000001Z',
        received_mono_ns: '123456789012345678',
        payload_sha256: hash('sha256', text, 'hex'),
        raw_text: Buffer.from(text),
      })),
    );
  });

  it('offers a row again, and in order, when the archive could not take it', async () => {
    let refusals = 0;
    const { rows, drain, push } = start({ accept: () => refusals++ % 3 === 2 });
    for (let n = 0; n < 5; n++) push(String(n), n);
    expect(await drain.finish(5_000)).toBe(true);
    expect(rows.map((row) => row.type === 'frame' && String(row.raw_text))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
  });

  it('leaves frames in the bounded queue while the archive is full', async () => {
    const { rows, sink, queue, drain, push } = start({ sinkBytes: 10 });
    sink.queuedBytes = 11;
    for (let n = 0; n < 5; n++) push(String(n), n);
    expect(await drain.finish(50)).toBe(false);
    expect(rows).toHaveLength(0);
    expect(queue.length).toBe(4);
    sink.queuedBytes = 0;
    expect(await drain.finish(1_000)).toBe(true);
    expect(rows).toHaveLength(5);
  });

  it('says when it is ended what still waited, and looks no more: else its process would never end', async () => {
    vi.useFakeTimers();
    const { rows, sink, drain, push } = start({ sinkBytes: 10 });
    sink.queuedBytes = 11;
    for (let n = 0; n < 5; n++) push(String(n), n);
    const finished = drain.finish(50);
    await vi.advanceTimersByTimeAsync(60);
    expect(await finished).toBe(false);
    expect(drain.end()).toEqual({ frames: 5, reported: 0 });
    sink.queuedBytes = 0;
    drain.wake();
    await vi.advanceTimersByTimeAsync(60);
    expect([rows, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
