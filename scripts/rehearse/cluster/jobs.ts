import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import type { Emit } from './events.ts';
import { at, list } from './fields.ts';
import { JOB, POD } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { ownedBy, ownerKey, podFromTemplate, splitKey } from './pod-template.ts';
import { ReconcileQueue } from './reconcile-queue.ts';
import type { ObjectStore } from './store.ts';

interface Counts {
  readonly succeeded: Set<string>;
  readonly failed: Set<string>;
  /** A retry is not made before this time (milliseconds since the epoch). */
  retryAt: number;
}

/** How a Job ends that does not succeed. */
interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** Wait before the second pod of a Job; doubles with each failure. Kubernetes: 10 000. */
export interface JobTiming {
  readonly restartBackoffMs: number;
}

const LONGEST_BACKOFF_MS = 360_000;

/** Jobs of one pod at a time: back-off limit, active deadline, time to live after the end. */
export class JobController {
  readonly #store: ObjectStore;
  readonly #emit: Emit;
  readonly #timing: JobTiming;
  readonly #queue: ReconcileQueue;
  readonly #unsubscribe: () => void;
  readonly #counts = new Map<string, Counts>();

  constructor(store: ObjectStore, emit: Emit, timing: JobTiming) {
    this.#store = store;
    this.#emit = emit;
    this.#timing = timing;
    this.#queue = new ReconcileQueue('Job', emit, (key) => this.#reconcile(key));
    this.#unsubscribe = store.on(({ type, kind, object }) => {
      if (kind === JOB) {
        this.#queue.add(`${namespaceOf(object)}/${object.metadata.name}`);
        if (type === 'DELETED') this.#counts.delete(String(object.metadata['uid']));
      }
      if (kind !== POD) return;
      const owner = ownerKey(object, JOB);
      if (owner === undefined) return;
      if (type === 'DELETED') this.#countDeleted(owner, object);
      this.#queue.add(owner);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#queue.stop();
  }

  /** A pod that was deleted before it succeeded counts as failed, as in Kubernetes. */
  #countDeleted(owner: string, pod: KubernetesObject): void {
    const job = this.#store.get(JOB, ...splitKey(owner));
    if (job === undefined || !ownedBy(pod, job)) return;
    const counts = this.#countsOf(job);
    const uid = String(pod.metadata['uid']);
    if (!counts.succeeded.has(uid) && at(pod, 'status', 'phase') !== 'Succeeded') {
      counts.failed.add(uid);
    }
  }

  #reconcile(key: string): void {
    const job = this.#store.get(JOB, ...splitKey(key));
    if (job === undefined || job.metadata['deletionTimestamp'] !== undefined) return;
    if (isFinished(job)) {
      this.#expire(job);
      return;
    }
    if (at(job, 'spec', 'suspend') === true) return;
    const startTime = String(at(job, 'status', 'startTime') ?? this.#store.timestamp());
    const pods = this.#podsOf(job);
    const counts = this.#count(job, pods);
    const running = pods.filter((pod) => !hasEnded(pod));
    const failure = this.#failure(job, startTime, counts, running);
    if (counts.succeeded.size > 0) this.#finish(job, startTime, counts, null);
    else if (failure !== undefined && running.length === 0) {
      this.#finish(job, startTime, counts, failure);
    } else if (failure !== undefined) {
      this.#publish(job, startTime, counts, running, failure);
      for (const pod of running) this.#deletePod(pod);
    } else {
      this.#publish(job, startTime, counts, running);
      if (running.length === 0) this.#createPod(key, job, counts);
    }
  }

  #failure(
    job: KubernetesObject,
    startTime: string,
    counts: Counts,
    running: readonly KubernetesObject[],
  ): Failure | undefined {
    const decided = list(at(job, 'status', 'conditions')).find(
      (each) => at(each, 'type') === 'FailureTarget',
    );
    if (decided !== undefined) {
      return { reason: String(at(decided, 'reason')), message: String(at(decided, 'message')) };
    }
    const restarts = running.reduce((sum, pod) => sum + restartsOf(pod), 0);
    if (counts.failed.size + restarts > Number(at(job, 'spec', 'backoffLimit'))) {
      return {
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      };
    }
    const deadline = at(job, 'spec', 'activeDeadlineSeconds');
    if (typeof deadline !== 'number') return undefined;
    const left = Date.parse(startTime) + deadline * 1000 - Date.now();
    if (left <= 0) {
      return {
        reason: 'DeadlineExceeded',
        message: 'Job was active longer than specified deadline',
      };
    }
    if (at(job, 'status', 'startTime') === undefined) {
      this.#queue.addAfter(`${namespaceOf(job)}/${job.metadata.name}`, left);
    }
    return undefined;
  }

  #createPod(key: string, job: KubernetesObject, counts: Counts): void {
    const failures = counts.failed.size;
    if (failures > 0 && counts.retryAt === 0) {
      const backoff = this.#timing.restartBackoffMs * 2 ** (failures - 1);
      counts.retryAt = Date.now() + Math.min(LONGEST_BACKOFF_MS, backoff);
    }
    const wait = counts.retryAt - Date.now();
    if (wait > 0) {
      this.#queue.addAfter(key, wait);
      return;
    }
    counts.retryAt = 0;
    const { name, uid } = job.metadata;
    const labels = {
      'batch.kubernetes.io/controller-uid': String(uid),
      'batch.kubernetes.io/job-name': name,
      'controller-uid': String(uid),
      'job-name': name,
    };
    const template = at(job, 'spec', 'template');
    this.#store.create(podFromTemplate(job, template, labels));
  }

  #finish(job: KubernetesObject, startTime: string, counts: Counts, failure: Failure | null): void {
    const now = this.#store.timestamp();
    const succeeded = failure === null;
    const reason = failure?.reason ?? 'CompletionsReached';
    const message = failure?.message ?? 'Reached expected number of succeeded pods';
    const condition = (type: string) => ended(type, { reason, message }, now);
    this.#store.updateStatus(job, () => ({
      startTime,
      ...(succeeded ? { completionTime: now } : {}),
      ready: 0,
      terminating: 0,
      ...numbers(counts),
      conditions: succeeded
        ? [condition('SuccessCriteriaMet'), condition('Complete')]
        : [condition('FailureTarget'), condition('Failed')],
    }));
    this.#emit({
      type: 'job-finished',
      namespace: namespaceOf(job),
      job: job.metadata.name,
      succeeded,
      reason,
      message,
    });
  }

  #publish(
    job: KubernetesObject,
    startTime: string,
    counts: Counts,
    running: readonly KubernetesObject[],
    failure?: Failure,
  ): void {
    const now = this.#store.timestamp();
    const terminating = running.filter((pod) => pod.metadata['deletionTimestamp'] !== undefined);
    const ready = running.filter((pod) =>
      list(at(pod, 'status', 'containerStatuses')).some((each) => at(each, 'ready') === true),
    );
    this.#store.updateStatus(job, (before) => ({
      ...before,
      startTime,
      active: running.length - terminating.length,
      ready: ready.length,
      terminating: terminating.length,
      ...numbers(counts),
      // The reason is decided before the pods end, and what ending them brings does not change it.
      ...(failure === undefined || before['conditions'] !== undefined
        ? {}
        : { conditions: [ended('FailureTarget', failure, now)] }),
    }));
  }

  #expire(job: KubernetesObject): void {
    const ttl = at(job, 'spec', 'ttlSecondsAfterFinished');
    const condition = list(at(job, 'status', 'conditions')).find(isEnd);
    if (typeof ttl !== 'number' || condition === undefined) return;
    const finished = Date.parse(String(at(condition, 'lastTransitionTime')));
    const left = finished + ttl * 1000 - Date.now();
    const [namespace, name] = [namespaceOf(job), job.metadata.name];
    if (left > 0) this.#queue.addAfter(`${namespace}/${name}`, left);
    else this.#store.delete(JOB, namespace, name, { propagation: 'Background' });
  }

  #count(job: KubernetesObject, pods: readonly KubernetesObject[]): Counts {
    const counts = this.#countsOf(job);
    for (const pod of pods) {
      const phase = at(pod, 'status', 'phase');
      const uid = String(pod.metadata['uid']);
      if (phase === 'Succeeded') counts.succeeded.add(uid);
      if (phase === 'Failed') counts.failed.add(uid);
    }
    return counts;
  }

  #countsOf(job: KubernetesObject): Counts {
    const uid = String(job.metadata['uid']);
    const counts = this.#counts.get(uid) ?? {
      succeeded: new Set<string>(),
      failed: new Set<string>(),
      retryAt: 0,
    };
    this.#counts.set(uid, counts);
    return counts;
  }

  #deletePod(pod: KubernetesObject): void {
    if (pod.metadata['deletionTimestamp'] !== undefined) return;
    try {
      this.#store.delete(POD, namespaceOf(pod), pod.metadata.name);
    } catch (error) {
      if (!(error instanceof OrderbooksError && error.code === 'KUBERNETES_NOT_FOUND')) throw error;
    }
  }

  #podsOf(job: KubernetesObject): readonly KubernetesObject[] {
    return this.#store.list(POD, namespaceOf(job)).filter((pod) => ownedBy(pod, job));
  }
}

function ended(type: string, why: Failure, now: string): Readonly<Record<string, unknown>> {
  return { type, status: 'True', ...why, lastProbeTime: now, lastTransitionTime: now };
}

/** Whether a Job has the condition Complete or Failed. */
export function isFinished(job: KubernetesObject): boolean {
  return list(at(job, 'status', 'conditions')).some(isEnd);
}

function isEnd(condition: unknown): boolean {
  const type = at(condition, 'type');
  return (type === 'Complete' || type === 'Failed') && at(condition, 'status') === 'True';
}

function hasEnded(pod: KubernetesObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

function restartsOf(pod: KubernetesObject): number {
  return list(at(pod, 'status', 'containerStatuses')).reduce<number>(
    (sum, each) => sum + Number(at(each, 'restartCount') ?? 0),
    0,
  );
}

function numbers(counts: Counts): Readonly<Record<string, number>> {
  return {
    ...(counts.succeeded.size > 0 ? { succeeded: counts.succeeded.size } : {}),
    ...(counts.failed.size > 0 ? { failed: counts.failed.size } : {}),
  };
}
