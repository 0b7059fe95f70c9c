import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { parseDuration } from '../../runtime/config/duration.ts';
import { canonicalJson } from '../../runtime/config/load.ts';
import { writeEvidenceFile } from '../../runtime/gates/evidence-store.ts';
import type { Observation, Sample } from '../../runtime/gates/facts.ts';
import { connectKubernetes } from '../../runtime/gates/kubernetes/platform.ts';
import { observe } from '../../runtime/gates/observation.ts';
import type { Pod } from '../../runtime/gates/platform.ts';
import { livePods } from '../../runtime/gates/recorder-pod.ts';
import { RECORDER_COMPONENT } from '../../runtime/gates/workloads.ts';
import { type ClusterFlags, runCommand, withClusterOptions } from '../cluster/command.ts';
import { ClusterError } from '../cluster/failure.ts';
import { EXIT_FAILED, EXIT_GOOD } from '../command-line.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';
import { type Judgement, judgeObservation } from './judge.ts';
import { tableHead, tableLine } from './table.ts';

interface Flags extends ClusterFlags {
  readonly stage: 'canary' | 'full' | 'local';
  readonly for: string;
  readonly freshness: string;
  readonly reconnectWithin: string;
  readonly evidence?: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAMESPACES = {
  canary: CANARY_NAMESPACE,
  full: PRODUCTION_NAMESPACE,
  local: 'orderbooks-local',
} as const;
/** A head again after about a screen. */
const HEAD_EVERY = 20;
const NAME_WIDTH = 26;
const INTERRUPTED: Judgement = {
  what: 'whole window',
  observed: 'a part of it',
  problem: 'the observation was interrupted',
};

const program = withClusterOptions(
  new Command('observe').description(
    'Watches a recorder over a bounded window without touching it: live table, judgement, evidence.',
  ),
)
  .addOption(
    new Option('--stage <name>', 'whose recorder')
      .choices(Object.keys(NAMESPACES))
      .default('canary'),
  )
  .option('--for <duration>', 'how long', '5m')
  .option('--freshness <duration>', 'how long data may stand still', '60s')
  .option('--reconnect-within <duration>', 'how long an outage may last', '60s')
  .option('--evidence <file>', 'default: data/evidence/observe-<stage>-<UTC>.json')
  .addHelpText(
    'after',
    '\nOnly reads /metrics through the API server; archives are judged by: npm run gate -- ws-reliability. --dry-run says whom it would watch.\nExit codes: 0 nothing to object, 1 something is wrong, 2 wrong usage or no recorder to watch.\n\nExamples:\n  npm run observe -- --for 10m --context lab\n  npm run --silent observe -- --stage full --for 2m --json',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const namespace = NAMESPACES[flags.stage];
  const durationMs = parseDuration(flags.for);
  const limits = {
    freshnessMs: parseDuration(flags.freshness),
    reconnectWithinMs: parseDuration(flags.reconnectWithin),
  };
  const stream = flags.json === true ? process.stderr : process.stdout;
  const platform = connectKubernetes({
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    inspectTimeoutMs: 0,
    uploadTimeoutMs: 0,
    inspectorsOf: null,
    runId: 'observe',
    signal,
    progress: (text) => void stream.write(`${text}\n`),
  });
  const pod = only(livePods(await platform.pods(namespace, RECORDER_COMPONENT)), namespace);
  stream.write(
    `${platform.description}, ${namespace}/${pod.name}, image ${pod.imageDigest ?? pod.image}\n`,
  );
  if (flags.dryRun === true) return EXIT_GOOD;
  const startedAt = new Date();
  const samples: Sample[] = [];
  const failures: string[] = [];
  const whole = observe({
    platform,
    namespace,
    pod: pod.name,
    durationMs,
    reconnectWithinMs: limits.reconnectWithinMs,
    signal,
    now: () => new Date(),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }),
    onPoll(poll) {
      const lines = samples.length + failures.length;
      if (lines % HEAD_EVERY === 0) stream.write(`${tableHead()}\n`);
      if (typeof poll === 'string') failures.push(poll);
      stream.write(
        `${typeof poll === 'string' ? `no answer: ${poll}` : tableLine(poll, samples.at(-1) ?? null)}\n`,
      );
      if (typeof poll !== 'string') samples.push(poll);
    },
  });
  const observation = await whole.catch((error: unknown): Observation => {
    if (!signal.aborted) throw error;
    // What was seen until then is worth keeping; it is no PASS.
    return { startedAt, endedAt: new Date(), samples, failures };
  });
  const judgements = [
    ...(signal.aborted ? [INTERRUPTED] : []),
    ...judgeObservation(observation, limits),
  ];
  for (const one of judgements) stream.write(`${line(one)}\n`);
  const verdict = judgements.every(({ problem }) => problem === null) ? 'PASS' : 'FAIL';
  const document = withHash(
    report(flags.stage, pod, observation, { durationMs, ...limits }, judgements, verdict),
  );
  const file = flags.evidence ?? defaultFile(flags.stage, observation.startedAt);
  await writeEvidenceFile(file, document);
  stream.write(`${verdict}; evidence: ${file}\n`);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return verdict === 'PASS' ? EXIT_GOOD : EXIT_FAILED;
});

/** Two recorders at once are a fault of the deployment, and numbers of one would hide it. */
function only(pods: readonly Pod[], namespace: string): Pod {
  const [pod] = pods;
  if (pod !== undefined && pods.length === 1) return pod;
  throw new ClusterError(
    'NO_RECORDER',
    `expected one recorder pod in namespace ${namespace}, seen ${pods.length}${pods.length === 0 ? '' : `: ${pods.map(({ name }) => name).join(', ')}`}; npm run status shows more`,
  );
}

function report(
  stage: string,
  pod: Pod,
  { startedAt, endedAt, samples, failures }: Observation,
  terms: Readonly<Record<string, number>>,
  judgements: readonly Judgement[],
  verdict: string,
) {
  return {
    version: 1,
    kind: 'ws_observation',
    verdict,
    stage,
    namespace: pod.namespace,
    pod: pod.name,
    image_digest: pod.imageDigest,
    started_at: startedAt.toISOString(),
    finished_at: endedAt.toISOString(),
    terms,
    polls: samples.length,
    failed_polls: failures,
    judgements,
  };
}

function withHash<T extends object>(document: T): T & { readonly sha256: string } {
  const sha256 = createHash('sha256').update(canonicalJson(document)).digest('hex');
  return { ...document, sha256 };
}

function defaultFile(stage: string, startedAt: Date): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:.]/g, '');
  return join(ROOT, 'data', 'evidence', `observe-${stage}-${stamp}.json`);
}

function line({ what, observed, problem }: Judgement): string {
  const mark = problem === null ? '✓' : '✗';
  return `${mark} ${what.padEnd(NAME_WIDTH)}${observed}${problem === null ? '' : `: ${problem}`}`;
}
