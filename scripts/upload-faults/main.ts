import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { injectFaults } from './run.ts';

const program = new Command('upload-faults')
  .description('Inject faults into uploads and prove that no archive is lost.')
  .option('--count <number>', 'faults to inject', '1000')
  .option('--seed <number>', 'repeats the choice of faults', '1')
  .option('--workers <number>', 'data roots of each kind at the same time', '2')
  .option('--rclone <program>', 'the real rclone', 'rclone');
const { count, seed, workers, rclone } = program
  .parse()
  .opts<Record<'count' | 'seed' | 'workers' | 'rclone', string>>();

// rclone 1.60 cannot use S3 where this is set, and the servers here speak plain HTTP.
delete process.env['AWS_CA_BUNDLE'];
const found = spawnSync('sh', ['-c', `command -v "${rclone}"`], { encoding: 'utf8' }).stdout.trim();
if (found === '') process.stderr.write('rclone is not installed: only faults that need none\n');
const from = performance.now();
const result = await injectFaults({
  count: Number(count),
  seed: Number(seed),
  workers: Number(workers),
  rclone: found === '' ? null : found,
  onInjection: (done, text) => process.stderr.write(`${done} ${text}\n`),
});
const rows = (map: ReadonlyMap<string, number>) =>
  [...map].sort().map(([what, times]) => `${String(times).padStart(6)}  ${what}\n`);
process.stdout.write(
  `${[
    ...rows(result.faults),
    '\nended:\n',
    ...rows(result.ends),
    ...result.violations.map((what) => `${what}\n`),
    ...result.unfinished.map((what) => `${what}\n`),
  ].join(
    '',
  )}\n${result.injected} faults with seed ${seed} in ${Math.round((performance.now() - from) / 1000)} s: ${result.violations.length} violations, ${result.unfinished.length} archives unfinished\n`,
);
process.exitCode = result.violations.length + result.unfinished.length === 0 ? 0 : 1;
