import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { OrderbooksError } from './errors.ts';
import type { VerifyOptions } from './gates/terms.ts';

interface InspectFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly since?: string;
  readonly path?: readonly string[];
  readonly remote?: boolean;
  readonly upload?: string;
  readonly config?: string;
}

/**
 * The command line of the image. Every command loads only its own code. Exit codes: 0 done, 1 failed, 2 wrong usage or
 * configuration; `verify` adds 3, no verdict.
 */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = commandLine((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    return await explain(error);
  }
}

async function explain(error: unknown): Promise<number> {
  const { redactText } = await import('./observability/redaction.ts');
  if (!(error instanceof OrderbooksError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`orderbooks: unexpected failure: ${redactText(text)}\n`);
    return EXIT_FAILED;
  }
  process.stderr.write(`orderbooks: ${error.code}: ${redactText(error.message)}\n`);
  const { ConfigurationError } = await import('./config/error.ts');
  return error instanceof ConfigurationError ? EXIT_USAGE : EXIT_FAILED;
}

function commandLine(done: (exitCode: number) => void): Command {
  const program = new Command('orderbooks')
    .description('Records Polymarket order books, uploads the archives, and verifies both.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what is expected)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration. verify adds 3: no verdict.',
    );

  withData(withConfig(program.command('recorder')))
    .description('Record the market websocket and REST checkpoints until SIGTERM.')
    .addHelpText(
      'after',
      examples(
        'orderbooks recorder --config=/etc/orderbooks/config.yaml --data=/var/lib/orderbooks',
      ),
    )
    .action(async (options: { config: string; data: string }) => {
      const { recorderCommand } = await import('./recorder/command.ts');
      done(await recorderCommand(options));
    });
  withData(withConfig(program.command('collector')))
    .description('Take snapshots of order books over REST, cycle after cycle, until SIGTERM.')
    .addHelpText(
      'after',
      examples(
        'orderbooks collector --config=/etc/orderbooks/config.yaml --data=/var/lib/orderbooks',
      ),
    )
    .action(async (options: { config: string; data: string }) => {
      const { collectorCommand } = await import('./collector/command.ts');
      done(await collectorCommand(options, 'endless'));
    });
  withData(withConfig(program.command('collect')))
    .description('Take snapshots for exactly one cycle; ends with 0 if all of it went well.')
    .addHelpText('after', examples('orderbooks collect --config=config.yaml --data=/tmp/data'))
    .action(async (options: { config: string; data: string }) => {
      const { collectorCommand } = await import('./collector/command.ts');
      done(await collectorCommand(options, 'one'));
    });
  withData(withConfig(program.command('upload')))
    .description('Upload closed archives, verify the copies, then delete what is old and verified.')
    .option('--minimum-age <duration>', 'leave younger archives alone; overrides the configuration')
    .addHelpText(
      'after',
      examples(
        'orderbooks upload --config=/etc/orderbooks/config.yaml --data=/var/lib/orderbooks',
        'orderbooks upload --config=… --data=… --minimum-age=0s',
      ),
    )
    .action(async (options: { config: string; data: string; minimumAge?: string }) => {
      const { uploadCommand } = await import('./uploader/command.ts');
      done(await uploadCommand(options));
    });

  withData(program.command('inspect'))
    .description('Read archives and manifests and say what is in them and what is wrong.')
    .option('--json', 'print one JSON document instead of lines for people')
    .option('--since <instant>', 'only archives opened or closed since this ISO 8601 time')
    .option('--path <file>', 'read this archive, relative to the data root; repeatable', collect)
    .option('--remote', 'also read an upload back from the remote: the newest with files')
    .option('--upload <id>', 'read this one back: its upload id, or the pod or Job that ran it')
    .option('--config <file>', 'configuration file (YAML), needed for --remote')
    .option('--export <market>', 'write its frames, a row a line: slug, condition id or token id')
    .option('--summary', 'print compactly which events were kept from --since to --until')
    .option('--until <instant>', 'end of the window of --summary')
    .option('--span <duration>', 'how long the spans of --summary are (5s)')
    .option('--output <file>', 'where --export writes, packed if it ends in .gz (standard output)')
    .option(
      '--replay [pace]',
      'serve the frames on a simulator until SIGTERM: "recorded" keeps the pauses, "fast" does not',
    )
    .addHelpText(
      'after',
      examples(
        'orderbooks inspect --data=/var/lib/orderbooks',
        'orderbooks inspect --data=/var/lib/orderbooks --export=btc-updown-15m-1764000000 --output=frames.jsonl.gz',
        'orderbooks inspect --data=/var/lib/orderbooks --replay=fast --since=2026-11-21T10:00:00Z',
        'orderbooks inspect --data=/var/lib/orderbooks --json --since=2026-11-21T10:00:00Z',
        'orderbooks inspect --data=/var/lib/orderbooks --remote --config=/etc/orderbooks/config.yaml',
      ),
    )
    .action(async (options: InspectFlags) => {
      const { inspectCommand } = await import('./inspector/command.ts');
      done(await inspectCommand(options));
    });

  program
    .command('verify')
    .description('Judge a release by its running pods, archives and uploads, and write evidence.')
    .requiredOption('--gate <name>', 'which checks to run, such as ws-smoke')
    .requiredOption('--project <name>', 'Kargo Project')
    .requiredOption('--stage <name>', 'Kargo Stage')
    .requiredOption('--namespace <name>', 'namespace of the workloads under judgement')
    .requiredOption('--production-namespace <name>', 'namespace of production')
    .requiredOption('--image-digest <digest>', 'promoted image, sha256:…')
    .requiredOption('--commit <sha>', 'promoted commit, 40 hexadecimal digits')
    .requiredOption('--policy <file>', 'policy of the gate (YAML)')
    .requiredOption('--evidence <file>', 'where to write the evidence')
    .option('--deadline <duration>', 'instead of the policy’s; "policy" means as it says')
    .option('--observation <duration>', 'the same')
    .option('--comparison-window <duration>', 'the same')
    .option('--job-deadline <duration>', 'how long the Job may run that this runs in')
    .option('--kubeconfig <file>', 'reach the cluster from outside')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--dry-run', 'say what would be checked and touched, and stop')
    .addHelpText(
      'after',
      examples(
        'orderbooks verify --gate=ws-smoke --project=orderbooks-delivery --stage=canary \\',
        '    --namespace=orderbooks-canary --production-namespace=orderbooks \\',
        '    --image-digest=sha256:… --commit=… --policy=policy.yaml --evidence=evidence.json',
      ),
    )
    .action(async (options: VerifyOptions) => {
      const { verifyCommand } = await import('./gates/verify.ts');
      done(await verifyCommand(options));
    });

  // These two bring commands and options of their own, which are only loaded when they are asked for.
  program
    .command('evidence')
    .description('Show, compare and render the evidence of gates; verifies it whenever it is read.')
    .argument('[command...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (rest: readonly string[]) => {
      const { evidenceCommand } = await import('./evidence/command-line.ts');
      await evidenceCommand(done).parseAsync(rest, { from: 'user' });
    });
  program
    .command('simulate')
    .description('Serve Polymarket in small on this machine, for rehearsals and tests.')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (options: readonly string[]) => {
      const { simulateCommand } = await import('./simulator/command.ts');
      await simulateCommand().exitOverride().parseAsync(options, { from: 'user' });
      done(Number(process.exitCode ?? 0));
    });
  return program;
}

function withConfig(command: Command): Command {
  return command.requiredOption('--config <file>', 'configuration file (YAML)');
}

function withData(command: Command): Command {
  return command.requiredOption('--data <folder>', 'data root, an absolute path', absolute);
}

function absolute(path: string): string {
  if (!path.startsWith('/')) {
    throw new InvalidArgumentError(`expected an absolute path, got ${JSON.stringify(path)}`);
  }
  return path;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
