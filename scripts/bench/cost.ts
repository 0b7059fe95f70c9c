import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandLine, machine, numberOption, spread } from './machine.ts';
import { startBenchRecorder } from './recorder-process.ts';

/**
 * What recording costs at the peak of the real feed, 840 frames a second (facts/polymarket.md §5): processor time and
 * resident memory of the real recorder process, fed by the simulator in another. The last line is the greater of the
 * two shares of what they may be: 10 % of a core and 150 MB.
 */
const CORE_SHARE = 0.1;
const MEMORY_MB = 150;
/** Code is compiled and memory fills up in the first seconds; a service runs for months. */
const WARM_UP_MS = 15_000;
/** Steps a second of each of the simulator's two open markets; a step sends about 1.9 frames. */
const RATE = 222;

const seconds = numberOption('seconds', 45);
const simulator = fork(fileURLToPath(new URL('simulator-process.ts', import.meta.url)), [
  String(numberOption('rate', RATE)),
]);
const feed = await new Promise<Record<string, string>>((resolve) =>
  simulator.once('message', (message) => resolve(message as Record<string, string>)),
);
const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
console.log(machine());
console.log(commandLine('cost'));
const recorder = await startBenchRecorder(dataRoot, { feed });
try {
  await wait(WARM_UP_MS);
  const startedAt = performance.now();
  const cpuBefore = recorder.cpuSeconds();
  const framesBefore = await recorder.metric('orderbooks_recorder_frames_total');
  const memory: number[] = [];
  while (performance.now() - startedAt < seconds * 1_000) {
    await wait(1_000);
    memory.push(recorder.residentMb());
  }
  const passed = (performance.now() - startedAt) / 1_000;
  const share = (recorder.cpuSeconds() - cpuBefore) / passed;
  const frames = (await recorder.metric('orderbooks_recorder_frames_total')) - framesBefore;
  const lost = await recorder.metric('orderbooks_recorder_lost_frames_total');
  if (lost > 0) throw new Error(`${lost} frames were lost`);
  console.log(`${Math.round(frames / passed)} frames/s for ${Math.round(passed)} s, none lost`);
  console.log(`processor: ${(share * 100).toFixed(1)} % of a core (may be ${CORE_SHARE * 100} %)`);
  console.log(`memory: ${spread(memory)} MB (may be ${MEMORY_MB} MB)`);
  const worst = Math.max(...memory);
  console.log(`ratio ${Math.max(share / CORE_SHARE, worst / MEMORY_MB).toFixed(2)}`);
} finally {
  await recorder.stop();
  simulator.disconnect();
  rmSync(dataRoot, { recursive: true, force: true });
}
