import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '../error.ts';
import type { JobOutcome, JobTimes } from '../platform.ts';
import { PlatformError } from '../platform-error.ts';
import type { Api } from './api.ts';
import { JOB_LABEL } from './job-template.ts';
import { anything, jobObject, type PodObject } from './objects.ts';
import { containerStatus, digestOf, listPods } from './pod.ts';

export interface JobRunOptions {
  readonly api: Api;
  /** For deleting the Job, also when the run was aborted. */
  readonly cleanUp: Api;
  readonly signal: AbortSignal;
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly manifest: Record<string, unknown>;
  readonly deadlineSeconds: number;
  progress(text: string): void;
}

const POLL_INTERVAL_MS = 250;
/** The Job itself is asked less often: it says only what its pod cannot. */
const POLLS_PER_LOOK_AT_JOB = 4;
/** The Job controller ends a Job at its deadline; this much later it is not going to. */
const CONTROLLER_GRACE_MS = 30_000;

/** Creates a Job, waits for its end, reads its log, and deletes it whatever happened. */
export async function runJob(
  options: JobRunOptions,
): Promise<JobOutcome & { readonly times: JobTimes }> {
  const createdAt = new Date().toISOString();
  try {
    await create(options);
    return await readOutcome(options, await waitForEnd(options), createdAt);
  } finally {
    await remove(options);
  }
}

/** What the Job's controller says of its end; null where its container ended before the controller said so. */
interface End {
  readonly condition: Condition | null;
  readonly pods: readonly PodObject[];
}

interface Condition {
  readonly type: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

async function create({ api, namespace, manifest, name }: JobRunOptions): Promise<void> {
  try {
    await api.json({ verb: 'create', ...jobs(namespace), body: manifest }, jobObject);
  } catch (error) {
    // The name is this run's own: it exists only if an earlier attempt arrived and its answer was lost.
    if (!(error instanceof PlatformError && error.code === 'PLATFORM_CONFLICT')) throw error;
    await api.json({ verb: 'get', ...jobs(namespace), name }, jobObject);
  }
}

/**
 * The end of its one container ends the wait: the kubelet takes two seconds more to take the pod down, and only then
 * does the controller call the Job complete. What never comes to a container (a quota, the deadline) the Job says.
 */
async function waitForEnd(options: JobRunOptions): Promise<End> {
  const { api, namespace, name, container, signal } = options;
  const giveUpAt = Date.now() + options.deadlineSeconds * 1000 + CONTROLLER_GRACE_MS;
  for (let poll = 0; ; poll += 1) {
    const condition = poll % POLLS_PER_LOOK_AT_JOB === 0 ? await endCondition(options) : null;
    const pods = await listPods(api, namespace, { [JOB_LABEL]: name });
    const [pod] = pods;
    const ended = pod !== undefined && terminated(pod, container) !== undefined;
    if (ended || condition !== null) return { condition, pods };
    if (Date.now() > giveUpAt) {
      const message = `no end ${options.deadlineSeconds} s after its deadline began; does the Job controller run?`;
      return { condition: { type: 'Failed', reason: 'NeverEnded', message }, pods };
    }
    await delay(POLL_INTERVAL_MS, undefined, { signal });
  }
}

async function endCondition({ api, namespace, name }: JobRunOptions): Promise<Condition | null> {
  const job = await api.json({ verb: 'get', ...jobs(namespace), name }, jobObject);
  const ended = job.status?.conditions?.find(
    (one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True',
  );
  return ended ?? null;
}

async function readOutcome(
  options: JobRunOptions,
  { condition, pods }: End,
  createdAt: string,
): Promise<JobOutcome & { readonly times: JobTimes }> {
  const { name, container } = options;
  const [pod] = pods;
  const ended = pod === undefined ? undefined : terminated(pod, container);
  const log = pod === undefined ? '' : await logOf(options, pod);
  return {
    name,
    succeeded: (condition === null || condition.type === 'Complete') && ended?.exitCode === 0,
    imageDigest: pod === undefined ? null : digestOf(containerStatus(pod, container)?.imageID),
    exitCode: ended?.exitCode ?? null,
    log,
    reason: explain(condition, pods, container),
    times: {
      name,
      created_at: createdAt,
      container_started_at: instantOf(ended?.startedAt),
      container_finished_at: instantOf(ended?.finishedAt),
      collected_at: new Date().toISOString(),
    },
  };
}

function terminated(pod: PodObject, container: string) {
  return containerStatus(pod, container)?.state?.terminated;
}

/** As evidence writes times; null for what is none. */
function instantOf(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

async function logOf({ api, namespace, container }: JobRunOptions, pod: PodObject) {
  const started = containerStatus(pod, container)?.state?.waiting === undefined;
  if (!started) return '';
  return api.text({
    verb: 'get',
    group: '',
    version: 'v1',
    resource: 'pods/log',
    namespace,
    name: pod.metadata.name,
    query: { container },
  });
}

function explain(
  condition: Condition | null,
  pods: readonly PodObject[],
  container: string,
): string {
  const parts =
    condition === null
      ? ['its container ended']
      : [condition.type, condition.reason, condition.message].filter(Boolean);
  if (pods.length === 0) parts.push('no pod of it was found');
  for (const pod of pods) {
    const state = containerStatus(pod, container)?.state;
    if (state?.waiting !== undefined) {
      parts.push(`container waits: ${state.waiting.reason ?? ''} ${state.waiting.message ?? ''}`);
    }
    if (state?.terminated !== undefined && state.terminated.exitCode !== 0) {
      parts.push(`exit code ${state.terminated.exitCode} ${state.terminated.reason ?? ''}`.trim());
    }
    if (pod.status?.message) parts.push(pod.status.message);
  }
  return parts.join(': ');
}

async function remove({ cleanUp, namespace, name, progress }: JobRunOptions): Promise<void> {
  try {
    await cleanUp.json(
      {
        verb: 'delete',
        ...jobs(namespace),
        name,
        // Without it the API server keeps the pods of a deleted Job.
        query: { propagationPolicy: 'Background' },
      },
      anything,
    );
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'PLATFORM_NOT_FOUND') return;
    progress(`Job ${name} could not be deleted and goes by itself: ${errorText(error)}`);
  }
}

function jobs(namespace: string) {
  return { group: 'batch', version: 'v1', resource: 'jobs', namespace } as const;
}
