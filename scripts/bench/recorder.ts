import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { openArchive } from '../../runtime/archive/run-archive.ts';
import { configuration } from '../../runtime/config/schema.ts';
import { systemClock } from '../../runtime/observability/clock.ts';
import { createLogger } from '../../runtime/observability/logger.ts';
import { Connection } from '../../runtime/recorder/connection.ts';
import { Drain } from '../../runtime/recorder/drain.ts';
import { FrameQueue } from '../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../runtime/recorder/metrics.ts';
import { commandLine, machine, median, spread } from './machine.ts';

/**
 * How many frames of 600 bytes a second the recorder brings to the disk, against a client that only counts them. Both
 * drink from the same server, one after the other, alternating; the server sends as fast as its client reads. The last
 * line says `ratio N.NN`.
 */
const FRAMES = 150_000;
const ROUNDS = 3;

console.log(machine());
console.log(commandLine('recorder'));

const server = fork(fileURLToPath(new URL('frame-server.ts', import.meta.url)), [String(FRAMES)]);
const url = await new Promise<string>((resolve) =>
  server.once('message', (port) => resolve(`ws://127.0.0.1:${port}`)),
);
const folder = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
try {
  const bare: number[] = [];
  const recorded: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await countFrames());
    recorded.push(await recordFrames(join(folder, String(round))));
  }
  const ratios = recorded.map((rate, round) => rate / (bare[round] ?? Number.NaN));
  console.log(`bare client: ${spread(bare)} frames/s`);
  console.log(`recorder, until everything is on the disk: ${spread(recorded)} frames/s, none lost`);
  console.log(`ratio of each pair: ${spread(ratios, 2)}`);
  console.log(`ratio ${median(ratios).toFixed(2)}`);
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}

async function countFrames(): Promise<number> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let frames = 0;
  const started = await new Promise<number>((resolve) =>
    socket.once('open', () => {
      socket.send('{}');
      resolve(performance.now());
    }),
  );
  await new Promise<void>((resolve) => {
    socket.on('message', () => {
      frames++;
      if (frames === FRAMES) resolve();
    });
  });
  const rate = (FRAMES / (performance.now() - started)) * 1000;
  socket.terminate();
  return rate;
}

async function recordFrames(dataRoot: string): Promise<number> {
  // The server floods: everything may wait in memory here, because time until the disk is what is measured.
  const settings = configuration.parse({
    feed: { websocketUrl: url },
    recorder: { queueBytes: 1_073_741_824 },
  });
  const metrics = recorderMetrics({ revision: '', image: '' });
  const logger = createLogger('error', {});
  const archive = await openArchive({
    dataRoot,
    stream: 'ws_raw',
    provenance: { run_id: 'bench', git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: '' },
    configuration: settings,
    metrics,
    logger,
  });
  const queue = new FrameQueue(settings.recorder.queueBytes);
  let frames = 0;
  const all = Promise.withResolvers<void>();
  const drain = new Drain({
    queue,
    sink: archive,
    sinkBytes: settings.recorder.queueBytes / 4,
    observe: (entry) => {
      if (entry.kind === 'frame') frames++;
      if (frames === FRAMES) all.resolve();
    },
  });
  const connection = new Connection({
    slot: 'ws1',
    feed: settings.feed,
    settings: settings.recorder,
    clock: systemClock(),
    queue,
    metrics,
    logger,
    received: () => drain.wake(),
  });
  const started = performance.now();
  connection.setTokens(new Map([['1', { opensAt: 0, endsAt: Number.MAX_SAFE_INTEGER }]]));
  await all.promise;
  await connection.stop();
  // However slow the disk is at the moment: this is a measurement, not a shutdown.
  await archive.flush();
  await archive.close();
  const rate = (FRAMES / (performance.now() - started)) * 1000;
  if (queue.lostFrames > 0) throw new Error(`${queue.lostFrames} frames were lost`);
  return rate;
}
