import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { time } from '../arguments.ts';
import { runToExitCode } from '../command-line.ts';
import { RehearsalError } from './error.ts';
import { FAULTS, faultNamed } from './fault-catalogue.ts';
import type { Fault } from './faults.ts';
import { progressTo } from './progress.ts';
import { reportPage } from './report/page.ts';
import { EXIT_CODES, type RehearsalResult } from './result.ts';
import { rehearse } from './run.ts';
import {
  ALL_SCENARIOS,
  DEFAULT_SCENARIO,
  SCENARIOS,
  type Scenario,
  SERIES,
  scenarioNamed,
} from './scenarios.ts';
import { trialTable } from './series.ts';

interface Flags {
  readonly fault?: string;
  readonly listFaults?: boolean;
  readonly until: 'canary' | 'full';
  readonly at?: Date;
  readonly ticket?: boolean;
  readonly scenario?: string;
  readonly listScenarios?: boolean;
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly output: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXIT_NOT_REHEARSED = 2;

const HELP = `
Exit codes:
  0    version 2 was verified in every stage asked for
  1    version 2 was refused by the gates, or failed otherwise (with --fault: refused by the check meant for it;
       with --scenario all: one of them ended otherwise than it should)
  2    it could not be rehearsed: wrong option, a missing program, manifests that do not render, …
  3    with --fault: the defect was not refused by the check meant for it; with --scenario: it ended otherwise
  130  interrupted

Examples:
  npm run rehearse
  npm run rehearse -- --until canary
  npm run rehearse -- --fault drops-frames
  npm run rehearse -- --fault drops-frames,lying-uploader
  npm run rehearse -- --scenario market-open-refused
  npm run rehearse -- --scenario all
  npm run rehearse -- --at 2026-11-20T15:00:00Z --ticket
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('rehearse')
    .description(
      'Rehearse the promotion of this working tree on this machine: no cluster, registry or internet.',
    )
    .option(
      '--fault <names>',
      'release version 2 with a deliberate defect (see --list-faults), or with each of several separated by commas, one after another',
    )
    .option('--list-faults', 'print the names of the defects, one a line')
    .addOption(
      new Option('--until <stage>', 'stop once this stage is verified')
        .choices(['canary', 'full'])
        .default('full'),
    )
    .option(
      '--at <time>',
      'what time the promotion gates take it to be, such as 2026-11-20T15:00:00Z (default: one when the market is as the scenario wants it)',
      time,
    )
    .option('--ticket', 'file a break-glass ticket before version 2 is promoted to full')
    .option(
      '--scenario <name>',
      'what a person tries with version 2 (see --list-scenarios), or all, one after another',
    )
    .option('--list-scenarios', 'print the names of the scenarios, one a line')
    .option(
      '--json',
      'print the result as one JSON document on standard output; progress goes to standard error',
    )
    .option('--keep', 'leave everything running at the end and print the addresses, until Ctrl-C')
    .option(
      '--output <folder>',
      'where report.html and result.json go',
      parseFolder,
      resolve(ROOT, 'data/rehearsal'),
    )
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => act(program.parse().opts<Flags>()));
}

async function act(flags: Flags): Promise<number> {
  if (flags.listFaults === true) {
    process.stdout.write(FAULTS.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  if (flags.listScenarios === true) {
    process.stdout.write(SCENARIOS.map(({ name, about }) => `${name}: ${about}\n`).join(''));
    return 0;
  }
  return await run(flags);
}

async function run(flags: Flags): Promise<number> {
  try {
    // Found now, not after the rehearsal whose result it would lose.
    await mkdir(flags.output, { recursive: true });
    await access(flags.output, constants.W_OK);
  } catch (error) {
    const why = messageOf(error);
    process.stderr.write(
      `NOT REHEARSED: OUTPUT_UNWRITABLE: expected --output to be a folder that can be written: ${why}\n`,
    );
    return EXIT_NOT_REHEARSED;
  }
  const stream = flags.json === true ? process.stderr : process.stdout;
  const colour = stream.isTTY === true && process.env['NO_COLOR'] === undefined;
  const progress = progressTo(stream, { now: () => performance.now(), colour });
  const stop = new AbortController();
  // Nobody reads any more (`| head`): end in order instead of crashing in the middle.
  stream.on('error', () => stop.abort(new Error('the output was closed')));
  const interrupted = interruptOnSignals(stop);
  try {
    const result = await rehearse({
      workingTree: ROOT.replace(/\/$/, ''),
      ...faultsOf(flags.fault),
      until: flags.until,
      ...scenarioOf(flags),
      ...(flags.at === undefined ? {} : { at: flags.at }),
      progress,
      signal: stop.signal,
      ...(flags.keep === true
        ? { beforeEnd: (addresses) => keep(addresses, stop.signal, stream) }
        : {}),
    });
    await write(flags, result);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    stream.write(
      `${result.trials === undefined ? '' : `\n${trialTable(result.trials)}\n`}${(result.faultTrials ?? []).map(({ verdict, summary }) => `\n${verdict}: ${summary}`).join('')}${result.faultTrials === undefined ? '' : '\n'}\n${result.verdict}: ${result.summary}\n${timesOf(result)}\nreport: ${relative(process.cwd(), resolve(flags.output, 'report.html'))}\n`,
    );
    return EXIT_CODES[result.verdict];
  } catch (error) {
    progress.end();
    if (stop.signal.aborted) {
      process.stderr.write('\nINTERRUPTED: every process was ended and every folder removed\n');
      return EXIT_CODES.INTERRUPTED;
    }
    if (!(error instanceof OrderbooksError)) throw error;
    process.stderr.write(`\nNOT REHEARSED: ${error.code}: ${error.message}\n`);
    return EXIT_NOT_REHEARSED;
  } finally {
    interrupted.dispose();
  }
}

async function write(flags: Flags, result: RehearsalResult): Promise<void> {
  await mkdir(flags.output, { recursive: true });
  await writeFile(resolve(flags.output, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(resolve(flags.output, 'report.html'), reportPage(result));
}

async function keep(
  addresses: readonly string[],
  signal: AbortSignal,
  stream: NodeJS.WritableStream,
): Promise<void> {
  stream.write(
    `\nEverything keeps running until Ctrl-C:\n${addresses.map((address) => `  ${address}\n`).join('')}`,
  );
  // A timer keeps the process alive whatever else still does.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  clearInterval(alive);
}

/** The first signal ends the rehearsal in order, the second at once. */
function interruptOnSignals(stop: AbortController): { dispose(): void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(EXIT_CODES.INTERRUPTED);
    process.stderr.write(`\n${name}: ending everything; once more to leave at once\n`);
    stop.abort(new Error(`interrupted by ${name}`));
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    dispose: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

function timesOf(result: RehearsalResult): string {
  const parts = result.durations.map(
    ({ what, milliseconds }) => `${what} ${(milliseconds / 1000).toFixed(1)} s`,
  );
  return `${(result.durationMs / 1000).toFixed(1)} s: ${parts.join(', ')}`;
}

/** @throws RehearsalError FAULT_UNKNOWN */
function faultsOf(names: string | undefined): {
  readonly fault: Fault | null;
  readonly faults?: readonly Fault[];
} {
  if (names === undefined) return { fault: null };
  const [fault = null, ...others] = names.split(',').map(faultNamed);
  return others.length === 0 || fault === null
    ? { fault }
    : { fault: null, faults: [fault, ...others] };
}

/** @throws RehearsalError SCENARIO_CONFLICT, SCENARIO_UNKNOWN */
function scenarioOf(flags: Flags): { scenario: Scenario } | { series: readonly Scenario[] } {
  if (flags.scenario === ALL_SCENARIOS) {
    const alone = { '--fault': flags.fault, '--at': flags.at, '--ticket': flags.ticket };
    const other =
      flags.until === 'canary'
        ? '--until canary'
        : Object.entries(alone).find(([, value]) => value !== undefined)?.[0];
    if (other === undefined) return { series: SERIES };
    throw new RehearsalError(
      'SCENARIO_CONFLICT',
      `expected --scenario all without ${other}: each scenario has its own time and ticket; name one scenario, or leave ${other} out`,
    );
  }
  if (flags.scenario !== undefined) return { scenario: scenarioNamed(flags.scenario) };
  const ticket = flags.ticket === true;
  return { scenario: ticket ? { ...DEFAULT_SCENARIO, ticket } : DEFAULT_SCENARIO };
}

function parseFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected a folder');
  return resolve(text);
}
