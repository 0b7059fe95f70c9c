import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from '../../runtime/inspector/inspect.ts';
import { commandLine, machine, median, numberOption, spread } from './machine.ts';
import { type SampleArchive, sampleFrames, writeSample } from './sample-archive.ts';

/**
 * Verifying archives (gunzip, parse, payload hashes, sequences, manifest) against `gzip -t` on the same files. The last
 * line is how much faster than `gzip -t` it is: 1 is as fast. Processor time says the same on a busy machine, where a
 * process of three threads does not get its share: theirs beside that of the one thread of gzip.
 */
const ROUNDS = 5;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

const count = numberOption('frames', 60_000);
const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
try {
  console.log(machine());
  console.log(commandLine('inspect'));
  const archives = await writtenArchives();
  const megabytes = archives.reduce((sum, { plainBytes }) => sum + plainBytes, 0) / 1e6;
  const ours: number[] = [];
  const gzips: number[] = [];
  const [ourTimes, gzipTimes]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const childrenBefore = childSeconds();
    const started = performance.now();
    for (const { path } of archives) execFileSync('gzip', ['-t', join(dataRoot, path)]);
    const between = performance.now();
    gzipTimes.push(childSeconds() - childrenBefore);
    const before = process.cpuUsage();
    const report = await inspect({ dataRoot });
    const ended = performance.now();
    const { user, system } = process.cpuUsage(before);
    ourTimes.push((user + system) / 1e6);
    const seen = report.archives.filter(({ errors }) => errors.length === 0);
    if (seen.length !== archives.length || report.problems.length > 0) {
      throw new Error(`expected clean archives, got ${JSON.stringify(report.problems)}`);
    }
    gzips.push((megabytes / (between - started)) * 1_000);
    ours.push((megabytes / (ended - between)) * 1_000);
  }
  console.log(`${archives.length} archives of ${count} frames, ${megabytes.toFixed(0)} MB plain`);
  console.log(`gzip -t: ${spread(gzips)} MB/s of plain rows`);
  console.log(`inspect: ${spread(ours)} MB/s`);
  console.log(
    `processor time: gzip -t ${spread(gzipTimes, 2)} s, inspect ${spread(ourTimes, 2)} s in all its threads`,
  );
  console.log(`ratio ${(median(ours) / median(gzips)).toFixed(2)}`);
} finally {
  rmSync(dataRoot, { recursive: true, force: true });
}

/** The frames are let go of with this call: what lies on the heap is work for the collector while `inspect` is timed. */
async function writtenArchives(): Promise<readonly SampleArchive[]> {
  const frames = await sampleFrames(count);
  return [
    await writeSample(dataRoot, 'bench1', frames),
    await writeSample(dataRoot, 'bench2', frames),
  ];
}

/** Of children that have ended: fields 16 and 17 of `proc(5)`. */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
