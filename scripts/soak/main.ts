import { Command, InvalidArgumentError, Option } from 'commander';
import {
  FAULT_NAMES,
  type FaultName,
  isFaultName,
} from '../../runtime/simulator/fault-catalogue.ts';
import { durationOption } from '../arguments.ts';
import { runToExitCode } from '../command-line.ts';
import { soak } from './soak.ts';
import { table } from './table.ts';

interface Flags {
  readonly duration: number;
  readonly rounds?: number;
  readonly speed: number;
  readonly seed: string;
  readonly calm: number;
  readonly faults: readonly FaultName[];
  readonly rate: number;
  readonly memoryLimit: number;
  readonly keep?: string;
  readonly json?: boolean;
}

const HELP = `
Exit codes: 0 every frame is archived or in a gap and every fault was survived, 1 not so, 2 wrong option or not started.

Example: npm run soak -- --duration 2h --speed 25 --seed monday
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('soak')
    .description(
      'Record a simulated service that breaks in every way, and account for every frame.',
    )
    .addOption(durationOption('--duration <duration>', 'how long', '2h'))
    .option(
      '--rounds <n>',
      'end once every fault was injected so often, if that is before',
      positive,
    )
    .option('--speed <n>', 'windows are this many times shorter than the real ones', positive, 25)
    .option('--seed <text>', 'what markets, frames and the order of faults come from', 'soak')
    .addOption(
      durationOption('--calm <duration>', 'from the recovery from one fault to the next', '4s'),
    )
    .addOption(
      new Option(
        '--faults <names>',
        `only these, with commas between, of: ${FAULT_NAMES.join(', ')}`,
      )
        .argParser(faultNames)
        .default(FAULT_NAMES, 'all'),
    )
    .option('--rate <n>', 'steps per second of each open market', positive, 60)
    .option('--memory-limit <bytes>', 'most memory of the recorder', positive, 512_000_000)
    .option('--keep <folder>', 'leave archives and the log of the recorder there')
    .option('--json', 'print the result as one JSON document on standard output')
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => run(program.parse().opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const result = await soak({
    durationMs: flags.duration,
    rounds: flags.rounds ?? Number.POSITIVE_INFINITY,
    speed: flags.speed,
    seed: flags.seed,
    calmMs: flags.calm,
    faults: flags.faults,
    rate: flags.rate,
    memoryLimitBytes: flags.memoryLimit,
    keepIn: flags.keep ?? null,
    progress: (line) => process.stderr.write(`${line}\n`),
    signal: stop.signal,
  });
  process.stdout.write(`${flags.json === true ? JSON.stringify(result) : table(result)}\n`);
  return result.passed ? 0 : 1;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

function faultNames(text: string): FaultName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isFaultName(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`expected names of ${FAULT_NAMES.join(', ')}; got ${unknown}.`);
  }
  return names.filter(isFaultName);
}
