import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { count } from '../arguments.ts';
import { EXIT_FAILED, EXIT_GOOD, runToExitCode } from '../command-line.ts';
import { FAULTS } from '../rehearse/fault-catalogue.ts';
import { oneRehearsal } from './one-rehearsal.ts';
import { TrialRecord } from './record.ts';
import { runSeries, seriesTable } from './series.ts';
import { planOf } from './trial.ts';

/**
 * `npm run flakiness -- --times 50`: rehearses the good version and the faults again and again. Exit codes: 0 each ended
 * as it should, 1 one did not or it was interrupted, 2 it could not be rehearsed.
 */
interface Flags {
  readonly times: number;
  readonly only: 'good' | 'faults' | 'both';
  readonly output: string;
  readonly fresh?: boolean;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('flakiness')
    .description(
      'Rehearse the good version and the faults again and again: each good one must be promoted, each fault refused by the check meant for it.',
    )
    .option('--times <n>', 'rehearsals of the good version, and as many with faults', count, 50)
    .addOption(
      new Option('--only <what>', 'leave the others out')
        .choices(['good', 'faults', 'both'])
        .default('both'),
    )
    .option(
      '--output <folder>',
      'where the record goes, and what unexpected rehearsals left',
      'data/flakiness',
    )
    .option('--fresh', 'start over instead of going on with the record')
    .addHelpText(
      'after',
      '\nIt takes about a minute for each. Ctrl-C ends it in order; the same command goes on.',
    )
    .exitOverride();
  return runToExitCode(program, () => run(program.parse().opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const output = resolve(flags.output);
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const plan = planOf(
    flags.times,
    FAULTS.map(({ name }) => name),
    flags.only,
  );
  const trials = await runSeries({
    plan,
    record: await TrialRecord.open(output, head, flags.fresh === true),
    head,
    signal: stop.signal,
    rehearse: (planned) => oneRehearsal(planned, output, stop.signal),
    now: () => new Date(),
    load: () => loadavg()[0] ?? 0,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const wrong = trials.filter(({ asExpected }) => !asExpected);
  process.stdout.write(
    `${seriesTable(trials)}\n${trials.length - wrong.length} of ${trials.length} ended as they should, at commit ${head.slice(0, 12)}\n`,
  );
  for (const { subject, number } of wrong) {
    process.stdout.write(
      `look at ${relative(process.cwd(), resolve(output, `${subject}-${number}`))}\n`,
    );
  }
  return wrong.length === 0 ? EXIT_GOOD : EXIT_FAILED;
}
