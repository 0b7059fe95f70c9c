import { mkdir, readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import { runToExitCode } from '../command-line.ts';
import { FAULTS } from '../rehearse/fault-catalogue.ts';
import { progressTo } from '../rehearse/progress.ts';
import { type Change, parseSet } from './changes.ts';
import { QUICK, SIMULATED } from './cluster-differences.ts';
import { DEFAULT_BUILD } from './release.ts';
import type { E2eResult } from './result.ts';
import { cleanUpOnly, type E2eOptions, runE2e } from './run.ts';

interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly gitUrl: string;
  readonly gitPushUrl?: string;
  readonly registry: string;
  readonly build: string;
  readonly feed: 'simulated' | 'polymarket';
  readonly quick?: boolean;
  readonly set: readonly Change[];
  readonly rcloneConf: string;
  readonly fault: string;
  readonly as?: string;
  readonly scenarios?: string;
  readonly keep?: boolean;
  readonly cleanUp?: boolean;
  readonly json?: boolean;
  readonly output: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXIT_PROVEN = 0;
const EXIT_FAILED = 1;
const EXIT_NOT_RUN = 2;
const EXIT_INTERRUPTED = 130;

const HELP = `
A run needs a cluster with Argo CD, the analysis controller of Argo Rollouts and Kargo on which the bundle is NOT
installed, an empty git repository and a registry, all three reachable from here and from the cluster. It pushes two good
versions and one with a defect, and removes everything afterwards. Production's namespace of that cluster is used.

The build command runs in a checkout of each version; IMAGE is REPOSITORY:COMMIT and REVISION the commit.

Exit codes:
  0    both good versions were verified in full, the defective one was refused by the check meant for it
  1    something else happened; the output folder has the evidence
  2    it could not be run: wrong option, something missing, a controller that does not answer
  130  interrupted

Examples:
  npm run e2e -- --kubeconfig lab.kubeconfig --git-url http://git.example.com/e2e.git --registry registry.example.com/e2e/orderbooks
  npm run e2e -- … --quick --set gitops/base/persistentvolumeclaim-data.yaml:spec.storageClassName=standard
  npm run e2e -- … --clean-up
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('e2e')
    .description(
      'Promote releases of this working tree on a real cluster, and see a defective one refused.',
    )
    .option('--kubeconfig <file>', "the cluster (default: kubectl's own)", absolute)
    .option('--context <name>', 'context of the kubeconfig')
    .requiredOption('--git-url <url>', 'repository that is pushed to, as the cluster reaches it')
    .option('--git-push-url <url>', 'the same as this machine reaches it, where that differs')
    .requiredOption(
      '--registry <repository>',
      'image repository, such as registry.example.com/e2e/orderbooks',
    )
    .option('--build <command>', 'builds and pushes an image', DEFAULT_BUILD)
    .option(
      '--feed <feed>',
      'what is recorded: simulated (component simulated-feed) or polymarket',
      parseFeed,
      'simulated',
    )
    .option('--quick', 'short rotation and observation, as in the rehearsal')
    .option(
      '--set <file:path=value>',
      'another difference of this cluster; repeatable',
      collectSet,
      [],
    )
    .requiredOption(
      '--rclone-conf <file>',
      'rclone.conf with the remote `archive` that the uploaders of the cluster reach',
    )
    .option(
      '--fault <name>',
      `defect of the third version: ${FAULTS.map(({ name }) => name).join(', ')}`,
      'drops-frames',
    )
    .option('--as <user>', 'who promotes to full, by impersonation')
    .option(
      '--scenarios <url>',
      "also promote in all ways that the rehearsal knows and compare each with its engine; the address of Kargo's UI (API_SERVER_BASE_URL)",
    )
    .option('--keep', 'leave the bundle on the cluster')
    .option('--clean-up', 'only remove what an earlier run left')
    .option(
      '--json',
      'print the result as JSON on standard output; progress goes to standard error',
    )
    .option(
      '--output <folder>',
      'where result.json and the evidence go',
      absolute,
      resolve(ROOT, 'data/e2e'),
    )
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => run(program.parse().opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const stream = flags.json === true ? process.stderr : process.stdout;
  const progress = progressTo(stream, {
    now: () => performance.now(),
    colour: stream.isTTY === true && process.env['NO_COLOR'] === undefined,
  });
  const stop = new AbortController();
  // Nobody reads any more (`| head`): end in order instead of crashing in the middle.
  stream.on('error', () => stop.abort(new Error('the output was closed')));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
      process.stderr.write(
        `\n${name}: ending and removing everything; once more to leave at once\n`,
      );
      stop.abort(new Error(`interrupted by ${name}`));
    });
  }
  try {
    const options = await optionsOf(flags, progress, stop.signal);
    if (flags.cleanUp === true) {
      for (const line of await cleanUpOnly(options)) stream.write(`left: ${line}\n`);
      return EXIT_PROVEN;
    }
    const result = await runE2e(options);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    stream.write(`\n${text(result, options.output)}`);
    return result.verdict === 'PROVEN' ? EXIT_PROVEN : EXIT_FAILED;
  } catch (error) {
    progress.end();
    if (stop.signal.aborted) return EXIT_INTERRUPTED;
    if (!(error instanceof OrderbooksError)) throw error;
    return notRun(error);
  }
}

async function optionsOf(
  flags: Flags,
  progress: E2eOptions['progress'],
  signal: AbortSignal,
): Promise<E2eOptions> {
  await mkdir(flags.output, { recursive: true });
  return {
    access: {
      ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
    },
    gitUrl: flags.gitUrl,
    gitPushUrl: flags.gitPushUrl ?? flags.gitUrl,
    imageRepository: flags.registry,
    buildCommand: flags.build,
    changes: [
      ...(flags.feed === 'simulated' ? SIMULATED : []),
      ...(flags.quick === true ? QUICK : []),
      ...flags.set,
    ],
    fault: flags.fault,
    rcloneConf: await readFile(flags.rcloneConf, 'utf8'),
    workingTree: ROOT.replace(/\/$/, ''),
    output: flags.output,
    keep: flags.keep === true,
    scenarios: flags.scenarios === undefined ? null : { uiBaseUrl: flags.scenarios },
    ...(flags.as === undefined ? {} : { person: flags.as }),
    progress,
    signal,
  };
}

/** The end of a run for people. */
function text(result: E2eResult, output: string): string {
  const lines = [
    `${result.verdict}: ${result.summary}`,
    ...result.timings.map(({ what, seconds }) => `  ${seconds.toFixed(1).padStart(7)} s  ${what}`),
    ...result.verifications.flatMap(({ version, stage, overhead }) =>
      overhead === null
        ? []
        : [
            `  ${(overhead.overheadMs / 1000).toFixed(1).padStart(7)} s  gate of ${stage}, version ${version}, beside waits that policy demands`,
          ],
    ),
    ...result.scenarios.map(
      ({ name, phase, differences }) =>
        `  ${name}: ${phase}, ${differences.length === 0 ? 'the engine agrees' : `${differences.length} differences`}`,
    ),
    ...result.left.map((what) => `left: ${what}`),
    `evidence and result.json: ${relative(process.cwd(), output) || '.'}`,
  ];
  return `${lines.join('\n')}\n`;
}

function notRun(error: OrderbooksError): number {
  process.stderr.write(`\nNOT RUN: ${error.code}: ${error.message}\n`);
  return EXIT_NOT_RUN;
}

function absolute(path: string): string {
  if (path === '') throw new InvalidArgumentError('expected a path');
  return resolve(path);
}

function parseFeed(name: string): Flags['feed'] {
  if (name === 'simulated' || name === 'polymarket') return name;
  throw new InvalidArgumentError('expected simulated or polymarket');
}

function collectSet(given: string, before: readonly Change[]): readonly Change[] {
  return [...before, parseSet(given)];
}
