import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { runToExitCode } from '../command-line.ts';
import { progressTo } from '../rehearse/progress.ts';
import type { Cut } from './blows.ts';
import { strike } from './kills.ts';

/**
 * `npm run e2e:kills`: breaks gate runs at random moments on a cluster that has the bundle (npm run e2e -- --keep).
 * Exit codes: 0 no violation, 1 a violation or something left, 2 it could not be run.
 */
interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly freight: string;
  readonly stage: 'canary' | 'full';
  readonly times: number;
  readonly seed: string;
  readonly cut?: string;
  readonly mend?: string;
  readonly isolate?: string;
  readonly rejoin?: string;
  readonly kill?: string;
  readonly policy?: string;
  readonly output?: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('e2e:kills')
    .description(
      'Break gate runs at random moments; the evidence says what happened, or the run is no PASS.',
    )
    .option('--kubeconfig <file>', "the cluster (default: kubectl's own)")
    .option('--context <name>', 'context of the kubeconfig')
    .requiredOption('--freight <name>', 'Freight that the Stage runs now')
    .option('--stage <name>', 'whose gates are run', parseStage, 'canary')
    .option(
      '--times <n>',
      'runs that are broken; one before and one after them must pass',
      Number,
      20,
    )
    .option(
      '--seed <text>',
      'the same seed breaks at the same moments; part of object names',
      'one',
    )
    .option('--cut <command>', 'shell command that cuts POD_IP off the API server')
    .option('--mend <command>', 'shell command that mends that')
    .option('--isolate <command>', "shell command that cuts off the pods of POD_NAME's node")
    .option('--rejoin <command>', 'shell command that mends that')
    .option('--kill <command>', 'shell command that sends SIGKILL to POD_NAME in POD_NAMESPACE')
    .option('--policy <json>', 'merged over the policy of each run, to make them short')
    .option('--output <file>', 'where the records go as JSON')
    .exitOverride();
  return runToExitCode(program, () => run(program.parse().opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort(new Error('interrupted')));
  process.on('SIGTERM', () => stop.abort(new Error('interrupted')));
  const progress = progressTo(process.stdout, { now: () => performance.now(), colour: false });
  const { kubeconfig, context } = flags;
  const access = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  try {
    const { records, left } = await strike({
      kubectl: new Kubectl({ ...access, signal: stop.signal }),
      ...flags,
      cut: pair(flags.cut, flags.mend),
      isolate: pair(flags.isolate, flags.rejoin),
      kill: flags.kill ?? null,
      policy: flags.policy ?? null,
      progress,
      signal: stop.signal,
    });
    const violations = records.filter(({ violation }) => violation !== '');
    const struck = records.filter((record) => record.struck).length;
    if (flags.output !== undefined) {
      await writeFile(resolve(flags.output), `${JSON.stringify({ records, left }, null, 2)}\n`);
    }
    process.stdout.write(
      `\n${struck} runs were broken, ${violations.length} violations; left behind: ${left.join(', ') || 'nothing'}\n`,
    );
    return violations.length === 0 && left.length === 0 ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('e2e:kills: interrupted; the Job of the run under way stays\n');
      return 1;
    }
    if (!(error instanceof OrderbooksError)) throw error;
    process.stderr.write(`NOT RUN: ${error.code}: ${error.message}\n`);
    return 2;
  } finally {
    progress.end();
  }
}

function pair(command: string | undefined, mend: string | undefined): Cut | null {
  return command === undefined || mend === undefined ? null : { command, mend };
}

function parseStage(name: string): Flags['stage'] {
  if (name === 'canary' || name === 'full') return name;
  throw new InvalidArgumentError('expected canary or full');
}
