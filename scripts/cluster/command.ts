import type { Command } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import { EXIT_FAILED, EXIT_GOOD, runToExitCode } from '../command-line.ts';
import { Redaction } from './redaction.ts';
import { type StepResult, type StepsResult, stepLine } from './steps.ts';

/** What every command for a cluster takes. */
export interface ClusterFlags {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function withClusterOptions(command: Command): Command {
  return command
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, or ~/.kube/config')
    .option('--dry-run', 'ask the cluster what would change, and change nothing')
    .option('--json', 'print the result as one JSON document on standard output')
    .showHelpAfterError('(--help shows what is expected)');
}

/**
 * As runToExitCode; SIGINT and SIGTERM abort the signal that `act` is given, so that what runs can end in order.
 */
export async function runCommand(
  program: Command,
  act: (signal: AbortSignal) => Promise<number>,
  redaction = new Redaction(),
): Promise<number> {
  const stopping = new AbortController();
  const stop = (name: NodeJS.Signals) =>
    stopping.abort(new OrderbooksError('INTERRUPTED', `${name}: stopped; running again continues`));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await runToExitCode(
      program,
      () => act(stopping.signal),
      (text) => redaction.text(text),
    );
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Prints steps as they end: as lines, or (with `--json`) on standard error, so that standard output is JSON alone. */
export function teller(json: boolean, redaction = new Redaction()): (result: StepResult) => void {
  const stream = json ? process.stderr : process.stdout;
  return (result) => {
    stream.write(`${redaction.text(stepLine(result))}\n`);
  };
}

/** Ends a command made of steps: prints the JSON where it was asked for; 0 if all went well, else 1. */
export function finish(
  result: StepsResult,
  extra: Readonly<Record<string, unknown>>,
  json: boolean,
  redaction = new Redaction(),
): number {
  if (json) {
    process.stdout.write(`${redaction.text(JSON.stringify({ ...extra, ...result }, null, 2))}\n`);
  } else if (!result.ok) {
    process.stderr.write(`Stopped. ${leftBehind(result)}: run again to continue.\n`);
  }
  return result.ok ? EXIT_GOOD : EXIT_FAILED;
}

function leftBehind({ steps, error }: StepsResult): string {
  if (steps.some(({ state, changed }) => state === 'changed' || changed !== undefined)) {
    return 'What is done stays done';
  }
  return error?.outcomeUnknown === true
    ? 'Whether anything was changed is not known'
    : 'Nothing was changed';
}
