import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Disk, nodeDisk } from '../../runtime/archive/disk.ts';
import { openArchive } from '../../runtime/archive/run-archive.ts';
import { configuration } from '../../runtime/config/schema.ts';
import { systemClock } from '../../runtime/observability/clock.ts';
import { createLogger } from '../../runtime/observability/logger.ts';
import { Connection } from '../../runtime/recorder/connection.ts';
import { Drain } from '../../runtime/recorder/drain.ts';
import { FrameQueue } from '../../runtime/recorder/frame-queue.ts';
import { recorderMetrics } from '../../runtime/recorder/metrics.ts';
import { SINK_SHARE } from '../../runtime/recorder/recorder.ts';
import { commandLine, machine, numberOption } from './machine.ts';

/**
 * What a full queue costs: the recorder's way from socket to archive with a disk that never answers, at `--rate` frames
 * a second, until the queue is full and for as long again. The last line is what the resident memory grew by, divided
 * by three times `recorder.queueBytes`: objects and the collector's slack beside the bytes themselves.
 */
const MAY_COST = 3;

const settings = configuration.parse({});
const { queueBytes } = settings.recorder;
const flood = fork(fileURLToPath(new URL('frame-server.ts', import.meta.url)), [
  '0',
  String(numberOption('rate', 5_000)),
]);
const websocketUrl = await new Promise<string>((resolve) =>
  flood.once('message', (port) => resolve(`ws://127.0.0.1:${port}`)),
);
const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
console.log(machine());
console.log(commandLine('queue'));
const never = () => new Promise<never>(() => undefined);
const hangingDisk: Disk = {
  ...nodeDisk,
  create: async (path) => ({ ...(await nodeDisk.create(path)), write: never, sync: never }),
};
const metrics = recorderMetrics({ revision: '', image: '' });
const logger = createLogger('error', {});
const archive = await openArchive({
  dataRoot,
  disk: hangingDisk,
  stream: 'ws_raw',
  provenance: { run_id: 'bench', git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: '' },
  configuration: settings,
  metrics,
  logger,
});
const queue = new FrameQueue(queueBytes * (1 - SINK_SHARE));
const drain = new Drain({
  queue,
  sink: archive,
  sinkBytes: queueBytes * SINK_SHARE,
  observe: () => undefined,
});
const before = process.memoryUsage().rss;
let most = before;
const connection = new Connection({
  slot: 'ws1',
  feed: { ...settings.feed, websocketUrl },
  settings: settings.recorder,
  clock: systemClock(),
  queue,
  metrics,
  logger,
  received: () => drain.wake(),
});
connection.setTokens(new Map([['1', { opensAt: 0, endsAt: Number.MAX_SAFE_INTEGER }]]));
while (queue.lostFrames < Math.max(queue.length, 1)) {
  await wait(250);
  most = Math.max(most, process.memoryUsage().rss);
}
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
console.log(
  `full with ${queue.length} frames; resident ${megabytes(before)} before, ${megabytes(most)} at most; heap ${megabytes(process.memoryUsage().heapTotal)}, outside it ${megabytes(process.memoryUsage().external)}`,
);
console.log(`ratio ${((most - before) / (MAY_COST * queueBytes)).toFixed(2)}`);
flood.disconnect();
rmSync(dataRoot, { recursive: true, force: true });
// The disk never answers, so that nothing here would ever end by itself.
process.exit();
