import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { durationOption } from '../arguments.ts';
import { finish, runCommand, teller, withClusterOptions } from '../cluster/command.ts';
import { Helm } from '../cluster/helm.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { typed } from '../cluster/question.ts';
import { refused, runSteps } from '../cluster/steps.ts';
import { EXIT_FAILED, EXIT_GOOD, EXIT_USAGE } from '../command-line.ts';
import { examine, exitCodeOf, FINDING_HEAD, findingLine } from '../predeploy/finding.ts';
import { readSettings } from '../settings/settings.ts';
import { chartChecks } from './check.ts';
import { choose, RUNNERS, readComponents } from './components.ts';
import { type Flags, names, withChartOptions } from './flags.ts';
import { installSteps } from './install.ts';
import { platformStatus, statusText } from './status.ts';
import { uninstallSteps } from './uninstall.ts';
import type { ValuesOptions } from './values.ts';
import { parseNfs } from './volumes.ts';

/** `npm run platform`: the tools under the bundle, from an empty cluster and back. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('platform')
    .description(
      'Installs what the bundle needs (cert-manager, Argo CD, Argo Rollouts, Kargo; volumes and runners if asked for) and the bundle itself; says what is there; takes it away again without touching data.',
    )
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 good, 1 a step failed or something is not well, 2 wrong usage, or (status, check) something could not be looked at.\n\nExamples:\n  npm run platform -- check --charts charts/\n  npm run platform -- install --context lab --dry-run\n  npm run platform -- install --existing argo-cd,cert-manager --charts charts/\n  npm run platform -- uninstall --context lab',
    );
  let act: (signal: AbortSignal) => Promise<number> = async () => EXIT_GOOD;
  const define = (
    name: string,
    what: string,
    run: (flags: Flags, signal: AbortSignal) => Promise<number>,
  ) =>
    withClusterOptions(program.command(name).description(what))
      .option(
        '--existing <names>',
        "components that are there already and stay somebody else's",
        names,
        [],
      )
      .addOption(
        new Option('--runners <forge>', "runners for the workflows, on this forge's behalf")
          .choices([...RUNNERS])
          .default('none'),
      )
      .action((flags: Flags) => {
        act = (signal) => run(flags, signal);
      });
  withChartOptions(define('install', 'preflight, then every component in its order', install))
    .option('--nfs <server:/path>', 'volumes with Retain on this share, one folder per namespace')
    .option('--tools-only', "leave out the bundle's own objects, such as for npm run e2e")
    .addOption(durationOption('--timeout <duration>', 'how long each chart may take', '10m'))
    .addOption(durationOption('--wait <duration>', "for Argo CD's first delivery", '2m'));
  withChartOptions(
    define('check', 'every chart: is it the pinned one, does it know all our values', check),
  );
  define('status', 'what is there, in which version, and whether it is well', status);
  define('uninstall', 'everything away in reverse; volumes, namespaces and data stay', uninstall)
    .addOption(durationOption('--timeout <duration>', 'how long each chart may take', '5m'))
    .option('--yes', 'do not ask');
  return runCommand(program, async (signal) => {
    program.parse();
    return act(signal);
  });
}

async function install(flags: Flags, signal: AbortSignal): Promise<number> {
  const { kubectl, helm, chosen } = await surroundings(flags, signal);
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-platform-'));
  try {
    const steps = installSteps({
      kubectl,
      helm,
      chosen,
      values: await valuesOptions(flags),
      ...(flags.charts === undefined ? {} : { charts: flags.charts }),
      ...(flags.nfs === undefined ? {} : { nfs: parseNfs(flags.nfs) }),
      toolsOnly: flags.toolsOnly === true,
      runners: flags.runners,
      timeoutMs: flags.timeout,
      waitMs: flags.wait,
      home,
      signal,
    });
    const json = flags.json === true;
    const result = await runSteps(steps, teller(json));
    return finish(result, { command: 'install', dryRun: kubectl.dryRun }, json);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function check(flags: Flags, signal: AbortSignal): Promise<number> {
  const { helm, chosen } = await surroundings(flags, signal);
  const json = flags.json === true;
  const checks = chartChecks({
    helm,
    chosen,
    values: await valuesOptions(flags),
    ...(flags.charts === undefined ? {} : { charts: flags.charts }),
  });
  const stream = json ? process.stderr : process.stdout;
  stream.write(FINDING_HEAD);
  const findings = await examine(checks, (one) => stream.write(findingLine(one)), signal);
  if (json) process.stdout.write(`${JSON.stringify({ command: 'check', findings }, null, 2)}\n`);
  return exitCodeOf(findings);
}

async function valuesOptions(flags: Flags): Promise<ValuesOptions> {
  const { values: own, verificationLogs } = flags;
  return {
    root: ROOT,
    own,
    adminAccounts: flags.adminAccounts === true,
    ...(verificationLogs === undefined ? {} : { verificationLogs }),
    repoUrl: (await readSettings(ROOT)).repoURL,
  };
}

async function status(flags: Flags, signal: AbortSignal): Promise<number> {
  const { kubectl, helm, chosen } = await surroundings(flags, signal);
  const result = await platformStatus(kubectl, helm, chosen);
  const text = flags.json === true ? JSON.stringify(result, null, 2) : statusText(result);
  process.stdout.write(`${text}\n`);
  if (result.good) return EXIT_GOOD;
  return result.unseen ? EXIT_USAGE : EXIT_FAILED;
}

async function uninstall(flags: Flags, signal: AbortSignal): Promise<number> {
  const { kubectl, helm, chosen } = await surroundings(flags, signal);
  if (!kubectl.dryRun && flags.yes !== true) await ask(flags, signal);
  const json = flags.json === true;
  const { timeout: timeoutMs } = flags;
  const steps = uninstallSteps({ kubectl, helm, chosen, timeoutMs });
  const result = await runSteps(steps, teller(json));
  return finish(result, { command: 'uninstall', dryRun: kubectl.dryRun }, json);
}

/** @throws ClusterError REFUSED unless a person typed the word */
async function ask({ context }: Flags, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) {
    throw refused('uninstall asks before it does anything; without a terminal say --yes');
  }
  const question = `Uninstall Argo CD, Rollouts, Kargo and the Applications from ${context ?? 'the current context'}? Volumes, workload namespaces and data stay, but nothing is promoted until you install again. Type uninstall: `;
  if ((await typed(question, signal)) !== 'uninstall') throw refused('nothing was done');
}

async function surroundings(flags: Flags, signal: AbortSignal) {
  const access = {
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    signal,
  };
  const dryRun = flags.dryRun === true;
  return {
    kubectl: new Kubectl({ ...access, dryRun, fieldManager: 'orderbooks-platform' }),
    helm: new Helm(access),
    chosen: choose(await readComponents(ROOT), flags),
  };
}
