import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '../error.ts';
import type { JobOutcome } from '../platform.ts';
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

const POLL_INTERVAL_MS = 500;
/** The Job controller ends a Job at its deadline; this much later it is not going to. */
const CONTROLLER_GRACE_MS = 30_000;

/** Creates a Job, waits for its end, reads its log, and deletes it whatever happened. */
export async function runJob(options: JobRunOptions): Promise<JobOutcome> {
  try {
    await create(options);
    const condition = await waitForEnd(options);
    return await readOutcome(options, condition);
  } finally {
    await remove(options);
  }
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

async function waitForEnd(options: JobRunOptions): Promise<Condition> {
  const { api, namespace, name, signal } = options;
  const giveUpAt = Date.now() + options.deadlineSeconds * 1000 + CONTROLLER_GRACE_MS;
  for (;;) {
    const job = await api.json({ verb: 'get', ...jobs(namespace), name }, jobObject);
    const ended = job.status?.conditions?.find(
      (one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True',
    );
    if (ended !== undefined) return ended;
    if (Date.now() > giveUpAt) {
      return {
        type: 'Failed',
        reason: 'NeverEnded',
        message: `no end ${options.deadlineSeconds} s after its deadline began; does the Job controller run?`,
      };
    }
    await delay(POLL_INTERVAL_MS, undefined, { signal });
  }
}

async function readOutcome(options: JobRunOptions, condition: Condition): Promise<JobOutcome> {
  const { api, namespace, name, container } = options;
  const pods = await listPods(api, namespace, { [JOB_LABEL]: name });
  const pod = pods[0];
  const terminated =
    pod === undefined ? undefined : containerStatus(pod, container)?.state?.terminated;
  return {
    name,
    succeeded: condition.type === 'Complete' && terminated?.exitCode === 0,
    imageDigest: pod === undefined ? null : digestOf(containerStatus(pod, container)?.imageID),
    exitCode: terminated?.exitCode ?? null,
    log: pod === undefined ? '' : await logOf(options, pod),
    reason: explain(condition, pods, container),
  };
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

function explain(condition: Condition, pods: readonly PodObject[], container: string): string {
  const parts = [condition.type, condition.reason, condition.message].filter(Boolean);
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
