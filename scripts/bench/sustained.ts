import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bucketQuantile } from './bucket-quantile.ts';
import { commandLine, machine, median, numberOption, spread } from './machine.ts';
import { startBenchRecorder } from './recorder-process.ts';

/**
 * The real recorder process at a steady rate of frames of 600 bytes: the time from receipt to disk, whether memory stays
 * flat, and whether all of it is kept. The last line is the greatest of the shares of what they may be: p99 of the delay
 * of 1.5 s, memory's distance from its median of 10 %.
 *
 * `--rate` frames a second, `--minutes` of measuring. The archives are removed as they are closed.
 */
const P99_SECONDS = 1.5;
const FLAT = 0.1;
/** Code is compiled and the heap finds its size; the first collections of the old half are over. */
const WARM_UP_MS = 45_000;
const LOOK_EVERY_MS = 1_000;
/** Memory of so many seconds makes one point: a collection every few seconds is no growth. */
const POINT_LOOKS = 15;

const rate = numberOption('rate', 20_000);
const minutes = numberOption('minutes', 1);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const simulator = fork(script('simulator-process.ts'), ['0.01']);
const flood = fork(script('frame-server.ts'), ['0', String(rate)]);
const feed = await new Promise<Record<string, string>>((resolve) =>
  simulator.once('message', (message) => resolve(message as Record<string, string>)),
);
const websocketUrl = await new Promise<string>((resolve) =>
  flood.once('message', (port) => resolve(`ws://127.0.0.1:${port}`)),
);
const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
console.log(machine());
console.log(commandLine('sustained'));
const recorder = await startBenchRecorder(dataRoot, {
  feed: { ...feed, websocketUrl },
  archive: { rotateAfter: '10s' },
});
try {
  await wait(WARM_UP_MS);
  const startedAt = performance.now();
  const before = await recorder.metrics();
  const cpuBefore = recorder.cpuSeconds();
  const memory: number[] = [];
  while (performance.now() - startedAt < minutes * 60_000) {
    await wait(LOOK_EVERY_MS);
    memory.push(recorder.residentMb());
    if (memory.length % POINT_LOOKS === 0) recorder.removeClosedArchives();
  }
  const passed = (performance.now() - startedAt) / 1_000;
  const after = await recorder.metrics();
  const gained = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const frames = gained('orderbooks_recorder_frames_total');
  const lost = gained('orderbooks_recorder_lost_frames_total');
  const p99 = bucketQuantile('orderbooks_recorder_disk_delay_seconds', before, after, 0.99);
  const p50 = bucketQuantile('orderbooks_recorder_disk_delay_seconds', before, after, 0.5);
  const points = pointsOf(memory);
  const usual = median(points);
  const off = Math.max(...points.map((point) => Math.abs(point - usual) / usual));
  const share = (recorder.cpuSeconds() - cpuBefore) / passed;
  console.log(
    `${Math.round(frames / passed)} frames/s for ${Math.round(passed)} s, ${lost} lost; ${(share * 100).toFixed(0)} % of a core`,
  );
  console.log(
    `receipt to disk: p50 at most ${p50} s, p99 at most ${p99} s (may be ${P99_SECONDS} s)`,
  );
  console.log(
    `memory: ${spread(memory)} MB; medians of ${POINT_LOOKS} s: ${spread(points)} MB, ${(off * 100).toFixed(1)} % off at most (may be ${FLAT * 100} %)`,
  );
  console.log(`ratio ${Math.max(lost > 0 ? 9.99 : 0, p99 / P99_SECONDS, off / FLAT).toFixed(2)}`);
} finally {
  await recorder.stop();
  simulator.disconnect();
  flood.disconnect();
  rmSync(dataRoot, { recursive: true, force: true });
}

function pointsOf(samples: readonly number[]): number[] {
  const points: number[] = [];
  for (let from = 0; from + POINT_LOOKS <= samples.length; from += POINT_LOOKS) {
    points.push(median(samples.slice(from, from + POINT_LOOKS)));
  }
  return points;
}
