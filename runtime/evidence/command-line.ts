import { Command, InvalidArgumentError } from 'commander';
import type { ServeOptions } from './service/command.ts';

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
  program
    .command('serve')
    .description(
      "Show what a Project keeps as pages, and as text behind Kargo's log URL; only reads.",
    )
    .option('--project <name>', 'Kargo Project, whose namespace keeps it', 'orderbooks-delivery')
    .option('--port <n>', 'port to listen on, 0 for a free one', port, 8080)
    .option(
      '--page-url <url>',
      'address at which people reach the pages, for a link in the text',
      address,
    )
    .option('--kubeconfig <file>', 'default: KUBECONFIG, the ServiceAccount, or ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig')
    .addHelpText(
      'after',
      '\nPaths: /, /stages/STAGE, /stages/STAGE/jobs/JOB/log, /runs/RUN[.txt|.json], /healthz, /readyz, /metrics.\nORDERBOOKS_EVIDENCE_TOKEN: if set, what all but the last three ask for.\n\nExit codes: 0 ended by SIGTERM, 1 failed, 2 wrong usage.',
    )
    .action(async (flags: ServeOptions) => {
      const { serveCommand } = await import('./service/command.ts');
      done(await serveCommand(flags));
    });
  return program;
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) {
    throw new InvalidArgumentError(`expected a port from 0 to 65535, got ${JSON.stringify(text)}`);
  }
  return value;
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new InvalidArgumentError(
      `expected the http or https address of this service, got ${JSON.stringify(text)}`,
    );
  }
  return url.href.replace(/\/$/, '');
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
