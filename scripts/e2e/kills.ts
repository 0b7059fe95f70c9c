import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Evidence } from '../../runtime/gates/evidence.ts';
import { POLICY_OVERRIDES } from '../../runtime/gates/terms.ts';
import { type Random, randomOf } from '../../runtime/simulator/random.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Progress } from '../rehearse/progress.ts';
import { type Blow, deal, type Means, NAMESPACES, podObject, STRUCK_JOB_LABEL } from './blows.ts';
import { PROJECT } from './delivery.ts';
import { E2eError } from './error.ts';
import { evidenceSince } from './evidence.ts';
import { configMap, type Freight, freight } from './objects.ts';
import { until } from './waiting.ts';

export interface KillOptions extends Means {
  readonly freight: string;
  readonly times: number;
  readonly seed: string;
  /** JSON that is merged over the policy of each run (ORDERBOOKS_POLICY_OVERRIDES); the evidence names what it set. */
  readonly policy: string | null;
  readonly progress: Progress;
}

export interface KillRecord {
  readonly blow: Blow | 'none';
  /** After the verifier began; seconds. */
  readonly at: number;
  /** Whether there was anything to break then. */
  readonly struck: boolean;
  readonly job: 'Complete' | 'Failed';
  readonly latest: string;
  readonly document: Evidence['verdict'] | null;
  readonly reason: string;
  /** Empty if the rule holds. */
  readonly violation: string;
}

export interface KillResult {
  readonly records: readonly KillRecord[];
  readonly left: readonly string[];
}

/** A gate run with short durations; blows fall somewhere in it. */
const FIRST_GUESS_MS = 90_000;
const BEGIN_TIMEOUT_MS = 180_000;
const END_TIMEOUT_MS = 900_000;
/** What a killed verifier leaves ends at its deadline and goes ten minutes later (job-template.ts). */
const GONE_TIMEOUT_MS = 1_200_000;

const jobSpec = z.looseObject({
  template: z.looseObject({
    spec: z.looseObject({
      containers: z.array(z.looseObject({ env: z.array(z.unknown()).optional() })),
    }),
  }),
});
type JobSpec = z.infer<typeof jobSpec>;
const template = z.object({
  spec: z.object({
    metrics: z
      .array(
        z.object({
          provider: z.object({
            job: z.object({
              metadata: z.record(z.string(), z.unknown()).default({}),
              spec: jobSpec,
            }),
          }),
        }),
      )
      .min(1),
  }),
});
const job = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .prefault({}),
});
/**
 * Lets the Stage's gates judge a Freight again and again and breaks each run at a random moment: the evidence says what
 * happened, or the run is no PASS. The first and the last run are left alone and have to pass.
 */
export async function strike(options: KillOptions): Promise<KillResult> {
  const { times, seed, cut, isolate, kill, progress } = options;
  const random = randomOf(seed);
  const blows: readonly Blow[] = [
    ...(kill === null ? [] : (['verifier killed'] as const)),
    'verifier deleted',
    'verifier ended',
    'its Job killed',
    ...(cut === null ? [] : (['connection cut'] as const)),
    ...(isolate === null ? [] : (['network cut'] as const)),
  ];
  const records: KillRecord[] = [];
  const span = { ms: FIRST_GUESS_MS };
  for (let index = 0; index <= times + 1; index += 1) {
    const undisturbed = index === 0 || index === times + 1;
    const blow = undisturbed ? 'none' : (blows[random.integer(0, blows.length - 1)] ?? 'none');
    const at = undisturbed ? 0 : random.integer(0, span.ms);
    const record = await oneRun(options, { index, blow, atMs: at, span, random });
    records.push(record);
    progress.note(
      `${index}. ${record.blow} at ${record.at.toFixed(1)} s: Job ${record.job}, latest ${record.latest}, document ${record.document ?? 'none'}${record.struck ? '' : ' (nothing to break then)'}${record.violation === '' ? '' : `; ${record.violation}`}`,
      record.violation === '' ? 'good' : 'bad',
    );
  }
  return { records, left: await leftovers(options) };
}

async function oneRun(
  options: KillOptions,
  plan: {
    readonly index: number;
    readonly blow: KillRecord['blow'];
    readonly atMs: number;
    readonly span: { ms: number };
    readonly random: Random;
  },
): Promise<KillRecord> {
  const { kubectl, stage, progress, signal } = options;
  const { index, blow, atMs, span, random } = plan;
  const subject = await kubectl.find('freights.kargo.akuity.io', options.freight, PROJECT, freight);
  if (subject === null) throw new E2eError('NOT_SEEN', `there is no Freight ${options.freight}`);
  const name = `strike-${options.seed}-${index}`;
  const since = new Date();
  await createJob(options, subject, name);
  const pod = await until(
    { what: `the pod of Job ${name}`, timeoutMs: BEGIN_TIMEOUT_MS, signal, progress },
    async () => {
      const [seen] = await kubectl.list('pods', PROJECT, podObject, `job-name=${name}`);
      return seen === undefined || seen.status.phase === 'Pending'
        ? { notYet: seen?.status.phase ?? 'none' }
        : { done: seen };
    },
  );
  const begun = Date.now();
  let struck = false;
  if (blow !== 'none') {
    await sleep(atMs, undefined, { signal });
    struck = await deal(options, blow, pod, random);
  }
  const ended = await until(
    { what: `the end of Job ${name}`, timeoutMs: END_TIMEOUT_MS, signal, progress },
    async () => {
      const seen = await kubectl.find('jobs.batch', name, PROJECT, job);
      const end = seen?.status.conditions.find(
        ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
      );
      return end === undefined ? { notYet: 'running' } : { done: end.type };
    },
  );
  if (blow === 'none') span.ms = Date.now() - begun;
  const [document = null] = await evidenceSince(kubectl, stage, new Date(since.getTime() - 5000));
  const latest = await latestOf(kubectl, stage, subject);
  await kubectl.run(['delete', 'job', name, `--namespace=${PROJECT}`, '--wait=false']);
  const record = {
    blow,
    at: atMs / 1000,
    struck,
    job: ended === 'Complete' ? ('Complete' as const) : ('Failed' as const),
    latest,
    document: document?.verdict ?? null,
    reason: document?.reason ?? '',
  };
  return { ...record, violation: violationOf(record) };
}

/** What is wrong with a run's end; empty if nothing is. */
export function violationOf(run: Omit<KillRecord, 'violation'>): string {
  const whole = run.job === 'Complete' && run.latest === 'PASS' && run.document === 'PASS';
  if (run.blow === 'none' && !whole) {
    return `an undisturbed run must pass: Job ${run.job}, latest ${run.latest}, document ${run.document ?? 'none'}: ${run.reason}`;
  }
  // Kargo would believe the Job; the evidence gate the other two.
  if (run.job === 'Complete' && !whole) return 'the Job succeeded without a whole PASS';
  if (run.latest === 'PASS' && run.document !== 'PASS')
    return 'the latest verdict is PASS without its document';
  // Killed between its last write and its exit, a verifier leaves a PASS that is true; Kargo sees the Job fail.
  return '';
}

async function createJob(
  { kubectl, stage, policy }: KillOptions,
  subject: Freight,
  name: string,
): Promise<void> {
  const found = await kubectl.find(
    'analysistemplates.argoproj.io',
    `${stage}-gates`,
    PROJECT,
    template,
  );
  const provider = found?.spec.metrics[0]?.provider.job;
  const [image] = subject.images;
  const [commit] = subject.commits;
  if (provider === undefined || image === undefined || commit === undefined) {
    throw new E2eError(
      'NOT_SEEN',
      `expected AnalysisTemplate ${stage}-gates with a Job and a Freight with image and commit`,
    );
  }
  const values: Readonly<Record<string, string>> = {
    image: `${image.repoURL}@${image.digest}`,
    'image-digest': image.digest,
    commit: commit.id,
    project: PROJECT,
    stage,
  };
  // As the analysis controller does it.
  const filled = JSON.stringify(provider).replaceAll(
    /\{\{args\.([\w-]+)\}\}/g,
    (whole, argument: string) => values[argument] ?? whole,
  );
  const { metadata, spec } = JSON.parse(filled) as z.infer<
    typeof template
  >['spec']['metrics'][number]['provider']['job'];
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, name, namespace: PROJECT },
    spec: policy === null ? spec : withVariable(spec, POLICY_OVERRIDES, policy),
  };
  await kubectl.run(['create', '-f', '-'], stringify(object));
}

/** A Job's spec whose containers have one more variable. */
function withVariable(spec: JobSpec, name: string, value: string): JobSpec {
  const { template: podTemplate } = spec;
  const containers = podTemplate.spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []), { name, value }],
  }));
  const podSpec = { ...podTemplate.spec, containers };
  return { ...spec, template: { ...podTemplate, spec: podSpec } };
}

async function latestOf(kubectl: Kubectl, stage: string, subject: Freight): Promise<string> {
  const commit = subject.commits[0]?.id ?? '';
  const all = await kubectl.list('configmaps', PROJECT, configMap, 'orderbooks-evidence=latest');
  const own = all.find(({ metadata }) =>
    metadata.name.startsWith(`evidence-${stage}-${commit.slice(0, 12)}-`),
  );
  return own?.data['verdict'] ?? 'none';
}

/** Waits for what runs made to be gone; what is not is returned. */
async function leftovers({
  kubectl,
  stage,
  progress,
  signal,
}: KillOptions): Promise<readonly string[]> {
  const look = async () => {
    const jobs = await kubectl.list('jobs.batch', NAMESPACES[stage], job, STRUCK_JOB_LABEL);
    const pods = await kubectl.list('pods', NAMESPACES[stage], podObject, STRUCK_JOB_LABEL);
    return [
      ...jobs.map(({ metadata }) => `Job ${metadata.name}`),
      ...pods.map(({ metadata }) => `pod ${metadata.name}`),
    ];
  };
  try {
    await until(
      { what: 'everything of the runs to be gone', timeoutMs: GONE_TIMEOUT_MS, signal, progress },
      async () => {
        const there = await look();
        return there.length === 0 ? { done: true } : { notYet: `${there.length} objects` };
      },
    );
    return [];
  } catch (error) {
    if (!(error instanceof E2eError)) throw error;
    return look();
  }
}
