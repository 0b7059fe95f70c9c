import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Command, Option } from 'commander';
import {
  type ClusterFlags,
  finish,
  runCommand,
  teller,
  withClusterOptions,
} from '../cluster/command.ts';
import { ClusterError } from '../cluster/failure.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { Redaction } from '../cluster/redaction.ts';
import { runSteps } from '../cluster/steps.ts';
import { EXIT_FAILED } from '../command-line.ts';
import { readSettings } from '../settings/settings.ts';
import { forgePlace } from './forge-place.ts';
import { forgejo } from './forgejo.ts';
import { GITHUB_API, github } from './github.ts';
import type { GitCredentials, Login } from './objects.ts';
import type { RcloneBy } from './rclone.ts';
import { parseSource, readSecret, terminalPrompt } from './secret-source.ts';
import { type BootstrapOptions, bootstrapSteps } from './steps.ts';

/** `npm run bootstrap`: this application's part of a cluster and of a forge. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Flags extends ClusterFlags {
  readonly registryUsername?: string;
  readonly registryPassword?: string;
  readonly gitUsername?: string;
  readonly gitPassword?: string;
  readonly gitSshKey?: string;
  readonly rclone: RcloneBy;
  readonly rcloneConf?: string;
  readonly runnerToken?: string;
  readonly forgejoRunner?: string;
  readonly forge?: 'github' | 'forgejo';
  readonly forgeUrl?: string;
  readonly forgeInsecure?: boolean;
  readonly repository?: string;
  readonly forgeToken?: string;
  readonly createRepository?: boolean;
  readonly ciKubeconfig?: string;
}

const redaction = new Redaction();

process.exitCode = await main().catch((defect: unknown) => {
  process.stderr.write(redaction.text(`bootstrap: ${inspect(defect)}\n`));
  return EXIT_FAILED;
});

async function main(): Promise<number> {
  const program = withClusterOptions(
    new Command('bootstrap').description(
      'Namespaces, registry and Git credentials, the rclone Secret, and what the workflows of the forge are given. Only what is asked for is touched.',
    ),
  )
    .option('--registry-username <name>', 'for the pull secret and for Kargo')
    .option('--registry-password <source>', 'where its password is')
    .option('--git-username <name>', 'for Argo CD and Kargo')
    .option('--git-password <source>', 'where its password or token is')
    .option('--git-ssh-key <source>', 'instead of name and password')
    .addOption(
      new Option('--rclone <by>', 'who puts the rclone Secret there')
        .choices(['hand', 'external-secrets', 'sealed-secrets'])
        .default('hand'),
    )
    .option('--rclone-conf <source>', 'make the rclone Secret from this')
    .option('--runner-token <source>', "for GitHub's runners in this cluster")
    .option('--forgejo-runner <source>', "config.yml of Forgejo's runner in this cluster")
    .addOption(
      new Option('--forge <kind>', 'prepare the repository there').choices(['github', 'forgejo']),
    )
    .option('--forge-url <address>', `Forgejo's address; default for GitHub: ${GITHUB_API}`)
    .option('--forge-insecure', 'without TLS: everybody in between can read token and secrets')
    .option('--repository <owner/name>', 'default: as in settings/settings.env')
    .option('--forge-token <source>', 'where the token is')
    .option('--create-repository', 'make the repository, private, if it is not there')
    .option('--ci-kubeconfig <source>', 'becomes the secret KUBECONFIG_B64 of the workflows')
    .addHelpText(
      'after',
      '\nA <source> is file:PATH, env:NAME or prompt; never a secret itself.\nExit codes: 0 good, 1 a step failed, 2 wrong usage, or a secret could not be read.\n\nExamples:\n  npm run bootstrap -- --context lab --dry-run\n  npm run bootstrap -- --git-username bot --git-password prompt --rclone-conf file:rclone.conf\n  npm run bootstrap -- --forge github --forge-token env:TOKEN --ci-kubeconfig file:ci.kubeconfig',
    )
    .configureOutput({ outputError: (text, write) => write(withoutWords(text)) })
    .exitOverride();
  return runCommand(
    program,
    async (signal) => {
      program.parse();
      const flags = program.opts<Flags>();
      const steps = bootstrapSteps(await optionsOf(flags, signal));
      const json = flags.json === true;
      const result = await runSteps(steps, teller(json, redaction));
      const extra = { command: 'bootstrap', dryRun: flags.dryRun === true };
      return finish(result, extra, json, redaction);
    },
    redaction,
  );
}

/** commander's messages without what was given: a mistyped option may have carried a secret. */
function withoutWords(text: string): string {
  return text
    .replaceAll(/=[^'\n]*/g, '=…')
    .replaceAll(/(argument) '[^'\n]*'/g, "$1 '…'")
    .replaceAll(/(but got \d+): [^\n]*/g, '$1: …');
}

/** Reads every secret before anything is touched. */
async function optionsOf(flags: Flags, signal: AbortSignal): Promise<BootstrapOptions> {
  const settings = await readSettings(ROOT);
  const registry = await login('registry', flags.registryUsername, flags.registryPassword);
  const git = await gitOf(flags);
  const runnerToken = await secretOf('runner-token', flags.runnerToken);
  const forgejoRunner = await secretOf('forgejo-runner', flags.forgejoRunner);
  const rcloneConf = await secretOf('rclone-conf', flags.rcloneConf);
  const ciKubeconfig = await secretOf('ci-kubeconfig', flags.ciKubeconfig);
  const forge = await forgeOf(flags, settings.repoURL, signal);
  return {
    root: ROOT,
    kubectl: new Kubectl({
      ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
      signal,
      redaction,
      dryRun: flags.dryRun === true,
      fieldManager: 'orderbooks-bootstrap',
    }),
    settings,
    rcloneBy: flags.rclone,
    ...(registry === undefined ? {} : { registry }),
    ...(git === undefined ? {} : { git }),
    ...(runnerToken === undefined ? {} : { runnerToken }),
    ...(forgejoRunner === undefined ? {} : { forgejoRunner }),
    ...(rcloneConf === undefined ? {} : { rcloneConf }),
    ...(ciKubeconfig === undefined ? {} : { ciKubeconfig }),
    ...(forge === undefined ? {} : { forge }),
  };
}

async function secretOf(option: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  return readSecret(parseSource(option, text), redaction, terminalPrompt);
}

async function login(
  what: string,
  username: string | undefined,
  source: string | undefined,
): Promise<Login | undefined> {
  const password = await secretOf(`${what}-password`, source);
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) {
    // As a registry's configuration and HTTP's own sign-in have them.
    redaction.add(`${username}:${password}`);
    return { username, password };
  }
  throw usage(`--${what}-username and --${what}-password belong together`);
}

async function gitOf(flags: Flags): Promise<GitCredentials | undefined> {
  const sshKey = await secretOf('git-ssh-key', flags.gitSshKey);
  const named = await login('git', flags.gitUsername, flags.gitPassword);
  if (sshKey === undefined) return named;
  if (named === undefined) return { sshKey: `${sshKey}\n` };
  throw usage('--git-ssh-key and --git-username exclude each other');
}

async function forgeOf(
  flags: Flags,
  repoURL: string,
  signal: AbortSignal,
): Promise<BootstrapOptions['forge']> {
  const token = await secretOf('forge-token', flags.forgeToken);
  if (flags.forge === undefined) {
    if (token === undefined) return undefined;
    throw usage('--forge-token needs --forge');
  }
  if (token === undefined) throw usage('--forge needs --forge-token');
  const { base, repository } = forgePlace({ ...flags, forge: flags.forge }, repoURL);
  const make = flags.forge === 'github' ? github : forgejo;
  return {
    api: make({ base, token, repository, signal }),
    title: `${repository.owner}/${repository.name} at ${base}`,
    create: flags.createRepository === true,
  };
}

function usage(message: string): ClusterError {
  return new ClusterError('USAGE', message);
}
