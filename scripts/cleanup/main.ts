import { Command, Option } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import {
  type ClusterFlags,
  finish,
  runCommand,
  teller,
  withClusterOptions,
} from '../cluster/command.ts';
import { typed } from '../cluster/question.ts';
import { LOCAL_NAMESPACE } from '../deploy/overlay.ts';
import { cleanupLocal } from './cleanup.ts';

interface Flags extends ClusterFlags {
  readonly force?: boolean;
  readonly cluster?: 'k3d' | 'kind';
}

const program = withClusterOptions(
  new Command('cleanup:local').description(
    `Removes what deploy:local made: namespace ${LOCAL_NAMESPACE} with its volumes, or the whole cluster "orderbooks".`,
  ),
)
  .option('--force', 'do not ask')
  .addOption(
    new Option('--cluster <tool>', 'remove cluster "orderbooks" of this tool as a whole').choices([
      'k3d',
      'kind',
    ]),
  )
  .addHelpText(
    'after',
    '\nNever touches another namespace. Exit codes: 0 removed or not there, 1 failed or not confirmed, 2 wrong usage.\n\nExamples:\n  npm run cleanup:local\n  npm run cleanup:local -- --cluster k3d --force',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const result = await cleanupLocal({
    ...flags,
    signal,
    tell: teller(flags.json === true),
    confirm: (loss) => (flags.force === true ? Promise.resolve(true) : ask(loss, signal)),
  });
  return finish(result, {}, flags.json === true);
});

async function ask(loss: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new OrderbooksError(
      'USAGE',
      'nobody is here to confirm: give --force, or run it on a terminal',
    );
  }
  return (await typed(`Remove ${loss}?\nType yes to go on: `, signal)) === 'yes';
}
