import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { commandLine, machine, numberOption, spread } from './machine.ts';
import { sampleFrames, writeSample } from './sample-archive.ts';

/**
 * The size of an archive against `gzip -6` of the same content, and how fast it is written. The last line is the
 * archive's size divided by gzip's; it may be 1.15.
 */
const ROUNDS = 3;

const frames = await sampleFrames(numberOption('frames', 60_000));
const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
try {
  console.log(machine());
  console.log(commandLine('archive'));
  const speeds: number[] = [];
  const gzipSpeeds: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const sample = await writeSample(dataRoot, `bench${round}`, frames);
    const plain = gunzipSync(readFileSync(join(dataRoot, sample.path)));
    const started = performance.now();
    const gzip = execFileSync('gzip', ['-6', '-c'], { input: plain, maxBuffer: plain.length });
    const gzipSeconds = (performance.now() - started) / 1_000;
    speeds.push(plain.length / 1e6 / sample.seconds);
    gzipSpeeds.push(plain.length / 1e6 / gzipSeconds);
    ratios.push(sample.bytes / gzip.length);
    if (round > 0) continue;
    console.log(
      `${sample.frames} frames, ${plain.length} bytes plain: archive ${sample.bytes}, gzip -6 ${gzip.length}`,
    );
  }
  console.log(`written, hashed and synced: ${spread(speeds)} MB/s of plain rows`);
  console.log(`gzip -6 alone: ${spread(gzipSpeeds)} MB/s`);
  console.log(`ratio ${Math.max(...ratios).toFixed(2)}`);
} finally {
  rmSync(dataRoot, { recursive: true, force: true });
}
