import { type Command, CommanderError } from 'commander';
import { OrderbooksError } from '../runtime/errors.ts';

export const EXIT_GOOD = 0;
/** It ran, and the answer is no: findings, a refusal, something that failed. */
export const EXIT_FAILED = 1;
/** A wrong option, or something that kept the command from doing anything. */
export const EXIT_USAGE = 2;

/**
 * Runs a command to its exit code: what `act`, which parses `program`, answers; 0 for --help; 2 for wrong options and
 * for errors that a person can put right, which are told on standard error as `name: CODE: message`; 1 where it was
 * interrupted. Other errors are defects and are thrown.
 */
export async function runToExitCode(
  program: Command,
  act: () => Promise<number>,
  redact = (text: string): string => text,
): Promise<number> {
  try {
    return await act();
  } catch (error) {
    // commander has said what is wrong, or shown the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_GOOD : EXIT_USAGE;
    if (!(error instanceof OrderbooksError)) throw error;
    process.stderr.write(redact(`${program.name()}: ${error.code}: ${error.message}\n`));
    return error.code === 'INTERRUPTED' ? EXIT_FAILED : EXIT_USAGE;
  }
}
