import { Command } from 'commander';

interface SourceFlags {
  readonly stage?: string;
  readonly run?: string;
  readonly project: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** `orderbooks evidence …`: reads what gates wrote. */
export function evidenceCommand(done: (exitCode: number) => void): Command {
  const program = new Command('orderbooks evidence')
    .description(
      'Show and compare the evidence of gates; its integrity is verified whenever it is read.',
    )
    .exitOverride();
  withSource(program.command('show'))
    .description('Print a document for people.')
    .option('--json', 'print the verified document instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ orderbooks evidence show evidence.json\n  $ kubectl logs job/… | orderbooks evidence show -\n  $ orderbooks evidence show --stage=canary\n\nExit codes: 0 intact, 1 not to be believed, 2 wrong usage.',
    )
    .action(async (file: string | undefined, flags: SourceFlags & { json?: boolean }) => {
      const { showCommand } = await import('./command.ts');
      done(await showCommand({ file, ...flags }));
    });
  program
    .command('compare')
    .description('Say what differs between two documents.')
    .argument('<first>', 'file, or - for standard input')
    .argument('<second>')
    .option('--json', 'print one JSON document instead of lines for people')
    .addHelpText('after', '\nExit codes: 0 nothing that weighs, 1 differences, 2 not compared.')
    .action(async (first: string, second: string, flags: { json?: boolean }) => {
      const { compareCommand } = await import('./command.ts');
      done(await compareCommand(first, second, flags));
    });
  withSource(program.command('html'))
    .description('Write a document as one page that needs nothing else.')
    .requiredOption('--output <file>', 'page to write, or - for standard output')
    .action(async (file: string | undefined, flags: SourceFlags & { output: string }) => {
      const { htmlCommand } = await import('./command.ts');
      done(await htmlCommand({ file, ...flags }));
    });
  return program;
}

function withSource(command: Command): Command {
  return command
    .argument('[file]', 'document, log or ConfigMap as JSON; - for standard input')
    .option('--stage <name>', 'instead of a file: the newest run of this Stage in the cluster')
    .option('--run <name>', 'instead of a file: this run, by the name of its ConfigMap')
    .option('--project <name>', 'Kargo Project, whose namespace keeps it', 'orderbooks-delivery')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, or ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig');
}
