import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { runToExitCode } from '../command-line.ts';
import { isDay, yearOf } from './day.ts';
import { checkFiles, generate } from './files.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Flags {
  readonly check?: boolean;
  readonly today: string;
  readonly root: string;
}

process.exitCode = await main();

/** 0 written or right; 1 the check found a problem; 2 wrong option or exceptions that cannot be read. */
async function main(): Promise<number> {
  const program = new Command('calendar')
    .description(
      'Writes the sessions calendar of the market gate: kargo/configmap-market-sessions.yaml and the admission policy made from it, from this year to the end of the next.',
    )
    .option('--check', 'write nothing; fail unless the files are right and last at least 60 days')
    .option(
      '--today <day>',
      'the day to count from, YYYY-MM-DD in UTC',
      parseDay,
      new Date().toISOString().slice(0, 10),
    )
    .option('--root <folder>', 'the checkout', ROOT)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => {
    const flags = program.parse().opts<Flags>();
    return flags.check === true ? check(flags) : write(flags);
  });
}

async function check({ root, today }: Flags): Promise<number> {
  const { problems, warnings, daysLeft } = await checkFiles(root, today);
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  if (problems.length > 0) return 1;
  process.stdout.write(`the calendar is right and lasts ${daysLeft} more days\n`);
  return 0;
}

async function write({ root, today }: Flags): Promise<number> {
  const year = yearOf(today);
  const { calendar, files } = await generate(root, { first: year, last: year + 1 });
  for (const { path, text } of files) {
    await writeFile(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
  const count = (kind: string) => calendar.days.filter((day) => day.kind === kind).length;
  process.stdout.write(
    `${calendar.from} to ${calendar.through}: ${count('session')} sessions, ${count('closed')} days without, ${count('freeze')} frozen; the gate closes ${calendar.marginMinutes} minutes before a session\n`,
  );
  return 0;
}

function parseDay(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('expected a day like 2026-11-20');
}
