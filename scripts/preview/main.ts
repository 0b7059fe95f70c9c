import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { messageOf } from '../../runtime/thrown.ts';
import { time } from '../arguments.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { runToExitCode } from '../command-line.ts';
import { checkoutSource } from './checkout.ts';
import { clusterSource } from './cluster.ts';
import { PreviewError } from './error.ts';
import { givenConfigMaps } from './given-config-maps.ts';
import { markdownReport } from './markdown-report.ts';
import { page } from './page.ts';
import { preview } from './preview.ts';
import type { PreviewResult } from './result.ts';
import { subjectOf } from './subject.ts';
import { textReport } from './text-report.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const EXIT_NOT_PROMOTED = 1;

interface Flags {
  readonly stage: string;
  readonly freight: string;
  readonly image: string;
  readonly commit: string;
  readonly at: Date;
  readonly actor: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly configMaps: readonly string[];
  readonly assumeEvidence?: boolean;
  readonly format: 'text' | 'json' | 'html' | 'markdown';
  readonly output: string;
  readonly verbose?: boolean;
  readonly uiUrl: string;
  readonly root: string;
}

const HELP = `
It reads, and writes only in a temporary folder and to --output: the promotion pushes to a copy of the repository.

Exit codes:
  0  the promotion would succeed
  1  it would be refused or fail
  2  it could not be tried: wrong option, unknown Freight, manifests that do not render, no answer from the cluster

Examples:
  npm run preview -- --commit HEAD --assume-evidence
  npm run preview -- --stage full --image sha256:… --commit 3f2a… --at 2026-11-27T17:30:00Z
  npm run preview -- --cluster --freight wise-otter
  npm run --silent preview -- --assume-evidence --format markdown > comment.md
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = command();
  return runToExitCode(program, async () => {
    const flags = program.parse().opts<Flags>();
    const result = await tried(flags);
    const text = shown(result, flags);
    if (flags.output === '') process.stdout.write(text);
    else await write(flags.output, text);
    return result.verdict === 'PROMOTES' ? 0 : EXIT_NOT_PROMOTED;
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new PreviewError(
      'OUTPUT_UNWRITABLE',
      `expected --output to be a file that can be written: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function command(): Command {
  return new Command('preview')
    .description(
      'What would this promotion do? Steps, gates, rendered branch, Argo CD. Changes nothing.',
    )
    .option('--stage <stage>', 'the Stage', 'full')
    .option('--freight <name>', 'name, alias or beginning of a name of a Freight', '')
    .option('--image <image>', 'instead of a Freight: repository@sha256:… or the digest', '')
    .option('--commit <commit>', 'instead of a Freight: a commit, by default HEAD', '')
    .option('--at <time>', 'what time the gates take it to be', time, new Date())
    .option('--actor <name>', 'who promotes, as Kargo knows them', userInfo().username)
    .option('--cluster', 'read Kargo’s objects, Freight, ConfigMaps and metadata from the cluster')
    .option('--kubeconfig <file>', 'of that cluster (implies --cluster)')
    .option('--context <name>', 'in the kubeconfig (implies --cluster)')
    .option('--config-maps <file>', 'ConfigMaps to use instead, YAML or JSON (repeat)', collect, [])
    .option('--assume-evidence', 'take it that the gates upstream passed this image and commit')
    .addOption(
      new Option('--format <format>', 'form of the answer')
        .choices(['text', 'json', 'html', 'markdown'])
        .default('text'),
    )
    .option('--output <file>', 'write there instead of to standard output', '')
    .option('--verbose', 'in text: every step with its configuration and output')
    .option('--ui-url <url>', 'address of Kargo’s UI, for the gates’ links', '')
    .option('--root <folder>', 'the checkout', ROOT)
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
}

async function tried(flags: Flags): Promise<PreviewResult> {
  const began = performance.now();
  const { freight, image, commit, stage, root, kubeconfig, context } = flags;
  if (freight !== '' && (image !== '' || commit !== '')) {
    throw new PreviewError(
      'USAGE',
      'expected either --freight, or --image and --commit, got both: a Freight has an image and a commit of its own',
    );
  }
  const inCluster = flags.cluster === true || kubeconfig !== undefined || context !== undefined;
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-preview-home-'));
  try {
    const source = inCluster
      ? await clusterSource(new Kubectl(flags))
      : await checkoutSource(root, home);
    const given = await givenConfigMaps(flags.configMaps);
    const subject = await subjectOf({ freight, image, commit }, source, root, stage);
    const result = await preview({
      root,
      stage,
      source,
      subject: { ...subject, assumptions: [...subject.assumptions, ...given.notes] },
      at: flags.at,
      actor: flags.actor,
      uiUrl: flags.uiUrl,
      configMaps: given.data,
      assumeEvidence: flags.assumeEvidence === true,
    });
    return { ...result, durationMs: Math.round(performance.now() - began) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function shown(result: PreviewResult, { format, verbose }: Flags): string {
  if (format === 'json') return `${JSON.stringify(result, null, 2)}\n`;
  if (format === 'html') return page(result);
  if (format === 'markdown') return markdownReport(result);
  return textReport(result, verbose === true);
}

function collect(file: string, files: readonly string[]): readonly string[] {
  return [...files, file];
}
