import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../runtime/config/duration.ts';
import { OrderbooksError } from '../../runtime/errors.ts';
import { writeEvidenceFile } from '../../runtime/gates/evidence-store.ts';
import { type ClusterFlags, runCommand, teller, withClusterOptions } from '../cluster/command.ts';
import { EXIT_FAILED, EXIT_GOOD } from '../command-line.ts';
import { deployCanary } from './deploy.ts';
import { evidenceFile } from './evidence.ts';

interface Flags extends ClusterFlags {
  readonly gitRef?: string;
  readonly serverDryRun?: boolean;
  readonly remote: string;
  readonly imageDigest?: string;
  readonly handOver?: string;
  readonly timeout: string;
  readonly root: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const program = withClusterOptions(
  new Command('deploy-canary').description(
    'Deploys the canary without Kargo, for first contact and emergencies: Namespace, ConfigMap, PersistentVolumeClaim, CronJob uploader and Deployment ws-recorder of one pushed commit, and nothing else.',
  ),
)
  .option('--git-ref <commit>', 'what to deploy: a pushed commit (a dry run takes HEAD otherwise)')
  .option('--server-dry-run', 'the same as --dry-run')
  .option('--remote <name>', 'git remote that must have the commit', 'origin')
  .option('--image-digest <digest>', 'default: what the registry has under tag <commit>', digest)
  .addOption(
    new Option('--hand-over <how>', 'what to do if Argo CD owns the canary').choices(['pause']),
  )
  .option('--timeout <duration>', 'how long the recorder may take to be ready', '6m')
  .option('--root <folder>', 'the checkout', ROOT)
  .addHelpText(
    'after',
    '\nEvidence: data/manifests/ws_canary_deploy_<UTC>.json, whatever happens (none for a dry run).\nExit codes: 0 deployed and ready, 1 refused or failed, 2 wrong usage.\n\nExamples:\n  npm run deploy-canary -- --server-dry-run --context lab\n  npm run deploy-canary -- --git-ref $(git rev-parse HEAD)\n  npm run deploy-canary -- --git-ref 4f1c2d3 --hand-over pause',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const dryRun = flags.dryRun === true || flags.serverDryRun === true;
  if (flags.gitRef === undefined && !dryRun) {
    throw new OrderbooksError(
      'USAGE',
      'expected --git-ref COMMIT: what is deployed must be named; only a dry run takes HEAD',
    );
  }
  const startedAt = new Date();
  const evidence = await deployCanary({
    ...flags,
    dryRun,
    gitRef: flags.gitRef ?? 'HEAD',
    imageDigest: flags.imageDigest ?? null,
    handOver: flags.handOver === 'pause',
    rolloutTimeoutMs: parseDuration(flags.timeout),
    signal,
    now: () => new Date(),
    tell: teller(flags.json === true),
  });
  if (!dryRun) {
    const file = evidenceFile(flags.root, startedAt);
    await writeEvidenceFile(file, evidence);
    process.stderr.write(`evidence: ${file}\n`);
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(evidence, null, 2)}\n`);
  return evidence.gate_status === 'PASS' ? EXIT_GOOD : EXIT_FAILED;
});

function digest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected sha256: and 64 hexadecimal digits');
}
