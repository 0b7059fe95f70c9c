import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../runtime/config/duration.ts';
import {
  type ClusterFlags,
  finish,
  runCommand,
  teller,
  withClusterOptions,
} from '../cluster/command.ts';
import { readSettings } from '../settings/settings.ts';
import { buildImage } from './build.ts';
import { BUILDERS, type Builder } from './build-job.ts';
import { BUILD_NAMESPACE } from './build-namespace.ts';
import { findImage } from './registry.ts';

interface Flags extends ClusterFlags {
  readonly gitRef: string;
  readonly remote: string;
  readonly builder: Builder;
  readonly builderImage?: string;
  readonly namespace: string;
  readonly repoUrl?: string;
  readonly repository?: string;
  readonly platform: readonly string[];
  readonly buildArg: readonly string[];
  readonly sbom?: boolean;
  readonly sign?: boolean;
  readonly insecure?: boolean;
  readonly timeout: string;
  readonly root: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILDER_IMAGES: Readonly<Record<Builder, string>> = {
  buildkit: 'docker.io/moby/buildkit:v0.23.2-rootless',
  kaniko: 'gcr.io/kaniko-project/executor:v1.24.0',
};

const program = withClusterOptions(
  new Command('image').description(
    'Builds the image of a pushed commit inside the cluster by a Job, pushes REPOSITORY:<commit> and prints the digest. Deploys nothing: Kargo does.',
  ),
)
  .option('--git-ref <commit>', 'what to build: a pushed commit', 'HEAD')
  .option('--remote <name>', 'git remote that must have it', 'origin')
  .addOption(
    new Option('--builder <name>', 'who builds').choices([...BUILDERS]).default('buildkit'),
  )
  .option('--builder-image <image>', `default: ${Object.values(BUILDER_IMAGES).join(' or ')}`)
  .option('--namespace <name>', 'where the Job runs (npm run platform makes it)', BUILD_NAMESPACE)
  .option('--repo-url <url>', 'git repository as pods reach it; default: repoURL of the settings')
  .option('--repository <name>', 'default: imageRepository of the settings')
  .option('--platform <list>', 'separated by commas', platforms, ['linux/amd64'])
  .option(
    '--build-arg <name=value>',
    'of the Dockerfile, again for each: NODE_IMAGE, DEBIAN_SNAPSHOT',
    buildArgument,
    [],
  )
  .option('--sbom', 'attest a software bill of materials beside the image (BuildKit)')
  .option('--sign', 'sign it with the key in Secret orderbooks-cosign (cosign)')
  .option('--insecure', 'the registry has no TLS')
  .option('--timeout <duration>', 'how long the build may take', '20m')
  .option('--root <folder>', 'the checkout', ROOT)
  .addHelpText(
    'after',
    '\nThe Job reads Secret orderbooks-registry (push) and orderbooks-git (key token, private repository) where they are there.\nExit codes: 0 the image is in the registry, 1 failed, 2 wrong usage.\n\nExamples:\n  npm run image -- --context lab\n  npm run image -- --platform linux/amd64,linux/arm64 --sbom\n  npm run --silent image -- --json | jq -r .image',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const { repoURL, imageRepository } = await readSettings(flags.root);
  const { result, commit, image } = await buildImage({
    ...flags,
    signal,
    find: findImage,
    tell: teller(flags.json === true),
    plan: {
      builder: flags.builder,
      builderImage: flags.builderImage ?? BUILDER_IMAGES[flags.builder],
      namespace: flags.namespace,
      repoUrl: flags.repoUrl ?? repoURL,
      repository: flags.repository ?? imageRepository,
      platforms: flags.platform,
      buildArguments: flags.buildArg,
      sbom: flags.sbom === true,
      sign: flags.sign === true,
      insecure: flags.insecure === true,
      deadlineSeconds: Math.ceil(parseDuration(flags.timeout) / 1000),
    },
  });
  if (image !== null && flags.json !== true) process.stdout.write(`${image}\n`);
  return finish(result, { commit, image }, flags.json === true);
});

function buildArgument(text: string, before: readonly string[]): readonly string[] {
  if (/^[A-Z_]+=/.test(text) && !/^(REVISION|SOURCE_DATE_EPOCH)=/.test(text))
    return [...before, text];
  throw new InvalidArgumentError(
    'expected NAME=value; REVISION and the time are those of the commit',
  );
}

function platforms(text: string): readonly string[] {
  const list = text.split(',');
  if (list.every((one) => /^linux\/[a-z0-9]+(\/v\d)?$/.test(one))) return list;
  throw new InvalidArgumentError('expected platforms such as linux/amd64,linux/arm64');
}
