import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type ClusterFlags, runCommand, withClusterOptions } from '../cluster/command.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { EXIT_GOOD } from '../command-line.ts';
import { checkoutPlace, git } from '../git.ts';
import { checkoutChecks } from './checkout-checks.ts';
import { clusterChecks } from './cluster-checks.ts';
import { deliveryChecks } from './delivery-checks.ts';
import { type Check, examine, exitCodeOf, FINDING_HEAD, findingLine } from './finding.ts';

interface Flags extends ClusterFlags {
  readonly gitRef: string;
  readonly skip: string;
  readonly root: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESULT_VERSION = 1;

const program = withClusterOptions(
  new Command('predeploy').description(
    'Everything that can be known before a deployment, as one table. Nothing is changed.',
  ),
)
  .option('--git-ref <commit>', 'whose image must be in the registry', 'HEAD')
  .option('--skip <names>', 'beginnings of names of checks to leave out, separated by commas', '')
  .option('--root <folder>', 'the checkout', ROOT)
  .addHelpText(
    'after',
    '\n--dry-run only lists the checks. Exit codes: 0 nothing speaks against it, 1 something does, 2 wrong usage or something could not be looked at.\n\nExamples:\n  npm run predeploy -- --context lab\n  npm run predeploy -- --skip types,image --json',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const { root, json } = flags;
  // The server is only ever asked: writes of this client are dry runs, whatever a check does.
  const kubectl = new Kubectl({ ...flags, dryRun: true, signal });
  const commit = await git(
    checkoutPlace(root, signal),
    'rev-parse',
    '--verify',
    '--end-of-options',
    `${flags.gitRef}^{commit}`,
  );
  const now = () => new Date();
  const skipped = flags.skip.split(',').filter((name) => name !== '');
  const checks = [
    ...checkoutChecks(root, { now, signal }),
    ...clusterChecks(kubectl, now),
    ...deliveryChecks(kubectl, { root, commit, signal }),
  ].filter(({ name }) => !skipped.some((beginning) => name.startsWith(beginning)));
  if (flags.dryRun === true) return list(checks, json === true);
  const stream = json === true ? process.stderr : process.stdout;
  stream.write(FINDING_HEAD);
  const findings = await examine(checks, (one) => stream.write(findingLine(one)), signal);
  const result = { version: RESULT_VERSION, commit, at: now(), skipped, findings };
  if (json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  return exitCodeOf(findings);
});

function list(checks: readonly Check[], json: boolean): number {
  const names = checks.map(({ name }) => name);
  process.stdout.write(
    json ? `${JSON.stringify({ checks: names }, null, 2)}\n` : `${names.join('\n')}\n`,
  );
  return EXIT_GOOD;
}
