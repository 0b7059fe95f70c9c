import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { messageOf } from '../../runtime/thrown.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { runToExitCode } from '../command-line.ts';
import { checkoutSource } from '../preview/checkout.ts';
import { clusterSource } from '../preview/cluster.ts';
import { RollbackError } from './error.ts';
import { incidentEntry } from './incident.ts';
import { rollbackPlan } from './plan.ts';
import { planText } from './text.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const EXIT_REFUSED = 1;

interface Flags {
  readonly stage: string;
  readonly freight: string;
  readonly actor: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly incident: string;
  readonly reason: string;
  readonly entry: string;
  readonly json?: boolean;
  readonly root: string;
}

const HELP = `
It changes nothing: a person promotes. The branches are those that were fetched last; git fetch first.

Exit codes:
  0  the rollback would be let through
  1  a gate would refuse it as things are: a ticket is needed
  2  nothing to go back to, wrong option, no answer from the cluster

Examples:
  npm run rollback -- --stage full
  npm run rollback -- --cluster --incident INC-42 --reason "recorder stalls" --entry INC-42.md
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('rollback')
    .description(
      'Find the last good Freight of a Stage, show what going back would do, prepare it.',
    )
    .option('--stage <stage>', 'the Stage', 'full')
    .option('--freight <name>', 'go back to this one instead (a beginning of its name will do)', '')
    .option('--actor <name>', 'who promotes, as Kargo knows them', userInfo().username)
    .option('--cluster', 'ask the cluster for Freight, evidence, calendar and ticket')
    .option('--kubeconfig <file>', 'of that cluster (implies --cluster)')
    .option('--context <name>', 'in the kubeconfig (implies --cluster)')
    .option('--incident <id>', 'for the entry of the incident log', 'INC-(fill in)')
    .option('--reason <text>', 'for the entry of the incident log', '(fill in)')
    .option('--entry <file>', 'write the entry there; never over an existing file', '')
    .option('--json', 'one JSON document')
    .option('--root <folder>', 'the checkout', ROOT)
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => prepared(program.parse().opts<Flags>()));
}

async function prepared(flags: Flags): Promise<number> {
  const { root, stage, freight, actor, kubeconfig, context } = flags;
  const inCluster = flags.cluster === true || kubeconfig !== undefined || context !== undefined;
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-rollback-home-'));
  try {
    const source = inCluster
      ? await clusterSource(new Kubectl(flags))
      : await checkoutSource(root, home);
    const at = new Date();
    const plan = await rollbackPlan({ root, stage, source, freight, actor, at });
    if (flags.entry !== '') {
      const { history, target } = plan;
      const entry = incidentEntry({
        id: flags.incident,
        stage,
        reason: flags.reason,
        operator: actor,
        at: at.toISOString(),
        from: history.current,
        to: target,
      });
      await writeNew(flags.entry, entry);
    }
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan),
    );
    return plan.preview.verdict === 'PROMOTES' ? 0 : EXIT_REFUSED;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    throw new RollbackError(
      'ENTRY_NOT_WRITTEN',
      `expected to write a new file ${file}: ${messageOf(cause)}`,
      { cause },
    );
  }
}
