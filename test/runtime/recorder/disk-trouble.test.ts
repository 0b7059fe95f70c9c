import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openArchive } from '../../../runtime/archive/run-archive.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { Drain } from '../../../runtime/recorder/drain.ts';
import { FrameQueue } from '../../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { faultyDisk } from '../archive/faulty-disk.ts';
import { until } from './feed-server.ts';
import { readRecorded } from './recorded.ts';
import { silentLogger } from './silent-logger.ts';

const QUEUE_BYTES = 40_000;

let dataRoot: string;
beforeEach(() => {
  dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-disk-'));
});
afterEach(() => rmSync(dataRoot, { recursive: true, force: true }));

it('a full disk is said, costs only what does not fit into memory, and is used again once there is room', async () => {
  let full = false;
  const { disk } = faultyDisk((_call, operation) =>
    full && operation === 'write' ? 'refuse' : null,
  );
  const metrics = recorderMetrics({ revision: '', image: '' });
  const archive = await openArchive({
    dataRoot,
    disk,
    stream: 'ws_raw',
    provenance: { run_id: 'r1', git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: '' },
    configuration: configuration.parse({ archive: { flushInterval: '20ms' } }),
    metrics,
    logger: silentLogger(),
    queueBytes: QUEUE_BYTES,
  });
  const trouble = async () =>
    (await metrics.archiveTrouble.get()).values.find(({ labels }) => labels.stream === 'ws_raw')
      ?.value;
  const queue = new FrameQueue(QUEUE_BYTES);
  const drain = new Drain({
    queue,
    sink: archive,
    sinkBytes: QUEUE_BYTES / 2,
    observe: () => undefined,
  });
  let sent = 0;
  const send = () => {
    const text = JSON.stringify({ n: sent, filling: 'x'.repeat(500) });
    queue.push({
      kind: 'frame',
      connectionId: 'ws1-1',
      connectionSequence: sent++,
      wallMicros: Date.now() * 1_000,
      monoNs: process.hrtime.bigint(),
      payload: Buffer.from(text),
    });
    drain.wake();
  };
  for (let n = 0; n < 10; n++) send();
  await archive.flush();
  expect([archive.trouble, await trouble()]).toEqual([null, 0]);

  full = true;
  await until('the refusal', () => {
    send();
    return archive.trouble !== null;
  });
  expect(archive.trouble).toMatch(/the disk refuses rows of ws_raw: ENOSPC/);
  expect(await trouble()).toBe(1);
  await until('the overflow', () => {
    send();
    return queue.lostFrames > 20;
  });

  full = false;
  await until('the recovery', () => archive.trouble === null);
  expect(await trouble()).toBe(0);
  expect(await drain.finish(5_000)).toBe(true);
  const lost = queue.lostFrames;
  send();
  expect(await drain.finish(5_000)).toBe(true);
  await archive.close();

  const { frames, gaps } = readRecorded(dataRoot);
  for (const gap of gaps) {
    expect(gap).toMatchObject({ connection_id: 'ws1-1', reason: 'overflow' });
  }
  expect(gaps.reduce((sum, gap) => sum + (gap.lost_frames ?? 0), 0)).toBe(lost);
  expect(frames.length + lost).toBe(sent);
  expect(frames.at(-1)?.connection_sequence).toBe(sent - 1);
}, 30_000);
