import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { parse } from 'yaml';
import { parseDuration } from '../../runtime/config/duration.ts';
import { OrderbooksError } from '../../runtime/errors.ts';
import { GATES } from '../../runtime/gates/gates.ts';
import { connectKubernetes } from '../../runtime/gates/kubernetes/platform.ts';
import { processSurroundings } from '../../runtime/gates/surroundings.ts';
import { verifyCommand } from '../../runtime/gates/verify.ts';
import { runToExitCode } from '../command-line.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';

/** `npm run gate`: the same gates as in the cluster, from a workstation with a kubeconfig. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAMESPACES: Readonly<Record<string, string>> = {
  canary: CANARY_NAMESPACE,
  full: PRODUCTION_NAMESPACE,
};

/** Waits of a policy, with their defaults (runtime/gates/policy.ts). */
const WAITS = {
  readyTimeout: '5m',
  dataTimeout: '10m',
  observation: '60s',
  uploadTimeout: '10m',
  inspectTimeout: '5m',
};
const COMPARISON = '2m';

interface Flags {
  readonly stage: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly wait?: string;
  readonly dryRun?: boolean;
  readonly policy?: string;
  readonly imageDigest?: string;
  readonly commit?: string;
  readonly evidence?: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('gate')
    .description('Judge what a Stage runs now, from this machine. Evidence goes to a file only.')
    .argument('<gates>', `${Object.keys(GATES).join(', ')}, or several separated by commas`)
    .addOption(
      new Option('--stage <name>', 'which Stage')
        .choices(Object.keys(NAMESPACES))
        .default('canary'),
    )
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, or ~/.kube/config')
    .option('--wait <duration>', 'end the run after this long at the latest, such as 900s')
    .option('--policy <file>', 'default: kargo/policy-<stage>.yaml')
    .option('--image-digest <digest>', "default: that of the Stage's last promotion")
    .option('--commit <sha>', "default: that of the Stage's last promotion")
    .option('--evidence <file>', 'default: data/evidence/<stage>-<time>.json')
    .option('--dry-run', 'say what would be checked and touched, and stop')
    .addHelpText(
      'after',
      '\nExit codes: 0 PASS, 1 FAIL, 2 wrong usage or policy, or nothing to judge was found, 3 no verdict.\n\nExamples:\n  npm run gate -- ws-smoke --context lab --wait 900s\n  npm run gate -- ws-reliability --stage full --dry-run',
    )
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, () => {
    const flags = program.parse().opts<Flags>();
    return run(program.args[0] ?? '', flags);
  });
}

async function run(gate: string, flags: Flags): Promise<number> {
  const policy = flags.policy ?? join(ROOT, `kargo/policy-${flags.stage}.yaml`);
  const environment = { ...process.env };
  if (flags.wait !== undefined) limit(environment, policy, parseDuration(flags.wait));
  const subject = await subjectOf(flags);
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '');
  const evidence = flags.evidence ?? join(ROOT, `data/evidence/${flags.stage}-${stamp}.json`);
  const code = await verifyCommand(
    {
      gate,
      project: PROJECT,
      stage: flags.stage,
      namespace: NAMESPACES[flags.stage] ?? '',
      productionNamespace: PRODUCTION_NAMESPACE,
      ...subject,
      policy,
      evidence,
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      dryRun: flags.dryRun,
      // The verdict of the cluster's own verification is not replaced by a run with a policy of this machine.
      record: false,
    },
    { ...processSurroundings(), environment },
  );
  if (flags.dryRun !== true) process.stderr.write(`evidence: ${evidence}\n`);
  return code;
}

/** The deadline of the policy becomes `wait`, and no single wait may be longer than it. */
function limit(environment: NodeJS.ProcessEnv, file: string, wait: number): void {
  const written: unknown = parse(readFileSync(file, 'utf8'));
  const longest = Math.max(1, wait - 1);
  const overrides: Record<string, unknown> = { deadline: `${wait}ms` };
  for (const [name, otherwise] of Object.entries(WAITS)) {
    if (parseDuration(given(written, name) ?? otherwise) > longest)
      overrides[name] = `${longest}ms`;
  }
  if (parseDuration(given(fields(written)['comparison'], 'window') ?? COMPARISON) > longest) {
    overrides['comparison'] = { window: `${longest}ms` };
  }
  environment['ORDERBOOKS_POLICY_OVERRIDES'] ??= JSON.stringify(overrides);
}

function given(value: unknown, name: string): string | undefined {
  const found = fields(value)[name];
  return typeof found === 'string' ? found : undefined;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** What the Stage runs, by its last promotion, unless the command line says it. */
async function subjectOf(flags: Flags): Promise<{ imageDigest: string; commit: string }> {
  const { imageDigest, commit } = flags;
  if (imageDigest !== undefined && commit !== undefined) return { imageDigest, commit };
  const platform = connectKubernetes({
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    inspectTimeoutMs: 0,
    uploadTimeoutMs: 0,
    inspectorsOf: null,
    runId: 'none',
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  const promotion = await platform.lastPromotion(PROJECT, flags.stage);
  const [digest] = promotion?.digests ?? [];
  const [source] = promotion?.commits ?? [];
  if (digest === undefined || source === undefined) {
    throw new OrderbooksError(
      'GATE_NOTHING_PROMOTED',
      `Stage ${flags.stage} of Project ${PROJECT} tells of no promotion with an image and a commit; give --image-digest and --commit`,
    );
  }
  return { imageDigest: imageDigest ?? digest, commit: commit ?? source };
}
