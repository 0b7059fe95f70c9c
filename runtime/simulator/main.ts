import { CommanderError } from 'commander';
import { simulateCommand } from './command.ts';

/** `npm run simulate`. */
try {
  await simulateCommand().exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // commander has printed what is wrong; a wrong option is code 2 in every command of this project.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
