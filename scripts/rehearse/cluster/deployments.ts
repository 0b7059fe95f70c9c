import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import type { Emit } from './events.ts';
import { at, canonical, fields, list, stringFields } from './fields.ts';
import { DEPLOYMENT, POD, REPLICA_SET } from './kinds.ts';
import { dataHash } from './names.ts';
import { namespaceOf } from './object-identity.ts';
import {
  isActive,
  isReady,
  ownedBy,
  ownerKey,
  ownerReference,
  podFromTemplate,
  splitKey,
} from './pod-template.ts';
import { ReconcileQueue } from './reconcile-queue.ts';
import type { ObjectStore } from './store.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

/**
 * Deployments with strategy Recreate, and the ReplicaSets between them and their pods. The pods of an older template are gone before one of
 * the new is made; a pod that is deleted is replaced at once, while it is still ending, as in Kubernetes.
 */
export class DeploymentController {
  readonly #store: ObjectStore;
  readonly #queue: ReconcileQueue;
  readonly #unsubscribe: () => void;
  /** By uid of the Deployment: what its rollout looked like when it last moved. */
  readonly #progress = new Map<string, Progress>();

  constructor(store: ObjectStore, emit: Emit) {
    this.#store = store;
    this.#queue = new ReconcileQueue('Deployment', emit, (key) => this.#reconcile(key));
    this.#unsubscribe = store.on(({ kind, object }) => {
      if (kind === DEPLOYMENT) this.#queue.add(`${namespaceOf(object)}/${object.metadata.name}`);
      if (kind === REPLICA_SET) this.#addOwner(object);
      if (kind !== POD) return;
      const owner = ownerKey(object, REPLICA_SET);
      if (owner === undefined) return;
      const set = store.get(REPLICA_SET, ...splitKey(owner));
      if (set !== undefined) this.#addOwner(set);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#queue.stop();
  }

  #addOwner(set: KubernetesObject): void {
    const owner = ownerKey(set, DEPLOYMENT);
    if (owner !== undefined) this.#queue.add(owner);
  }

  #reconcile(key: string): void {
    const [namespace, name] = splitKey(key);
    const deployment = this.#store.get(DEPLOYMENT, namespace, name);
    if (deployment === undefined || deployment.metadata['deletionTimestamp'] !== undefined) return;
    const template = at(deployment, 'spec', 'template');
    const sets = this.#store.list(REPLICA_SET, namespace).filter((set) => ownedBy(set, deployment));
    const current = sets.find((set) => sameTemplate(set, template));
    const old = sets.filter((set) => set !== current);
    for (const set of old) this.#scale(set, 0);
    const oldPods = old.flatMap((set) => this.#podsOf(set));
    let problem: string | undefined;
    if (oldPods.length === 0) {
      const set = current ?? this.#createSet(deployment, template, old);
      problem = this.#scale(set, replicasOf(deployment));
      this.#removeOldSets(deployment, old);
    } else if (current !== undefined && this.#podsOf(current).length > 0) {
      this.#scale(current, replicasOf(deployment));
    }
    this.#report(deployment, current, oldPods, problem);
  }

  /** Makes or deletes pods until the ReplicaSet has `replicas`; returns why it could not. */
  #scale(set: KubernetesObject, replicas: number): string | undefined {
    const pods = this.#podsOf(set);
    const active = pods.filter(isActive);
    for (const pod of active.slice(replicas)) {
      this.#store.delete(POD, namespaceOf(pod), pod.metadata.name);
    }
    // An ended pod of a Deployment is of no use to anybody; the garbage collector would take it later.
    for (const pod of pods.filter((each) => at(each, 'status', 'phase') === 'Failed')) {
      if (pod.metadata['deletionTimestamp'] !== undefined) continue;
      this.#store.delete(POD, namespaceOf(pod), pod.metadata.name);
    }
    const spec = { ...fields(set['spec']), replicas };
    const latest = this.#store.get(REPLICA_SET, namespaceOf(set), set.metadata.name);
    if (latest === undefined) return undefined;
    this.#store.update({ ...latest, spec });
    try {
      for (let have = active.length; have < replicas; have += 1) {
        const hash = stringFields(set.metadata.labels)[HASH_LABEL] ?? '';
        const template = at(set, 'spec', 'template');
        this.#store.create(podFromTemplate(set, template, { [HASH_LABEL]: hash }));
      }
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      return error.message;
    } finally {
      this.#reportSet(set);
    }
    return undefined;
  }

  #reportSet(set: KubernetesObject): void {
    const pods = this.#podsOf(set).filter(isActive);
    const ready = pods.filter(isReady).length;
    this.#store.updateStatus(set, () => ({
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
    }));
  }

  #createSet(
    deployment: KubernetesObject,
    template: unknown,
    old: readonly KubernetesObject[],
  ): KubernetesObject {
    const hash = dataHash(template);
    const newest = Math.max(0, ...old.map(revision));
    const labels = {
      ...stringFields(at(template, 'metadata', 'labels')),
      [HASH_LABEL]: hash,
    };
    return this.#store.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: namespaceOf(deployment),
        labels,
        annotations: { [REVISION]: String(newest + 1) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    });
  }

  #removeOldSets(deployment: KubernetesObject, old: readonly KubernetesObject[]): void {
    const limit = at(deployment, 'spec', 'revisionHistoryLimit');
    const kept = typeof limit === 'number' ? limit : 10;
    const byAge = [...old].sort((a, b) => revision(b) - revision(a));
    for (const set of byAge.slice(kept)) {
      this.#store.delete(REPLICA_SET, namespaceOf(set), set.metadata.name);
    }
  }

  #report(
    deployment: KubernetesObject,
    known: KubernetesObject | undefined,
    oldPods: readonly KubernetesObject[],
    problem: string | undefined,
  ): void {
    const namespace = namespaceOf(deployment);
    const template = at(deployment, 'spec', 'template');
    const set =
      known ??
      this.#store
        .list(REPLICA_SET, namespace)
        .find((each) => ownedBy(each, deployment) && sameTemplate(each, template));
    const updated = (set === undefined ? [] : this.#podsOf(set)).filter(isActive);
    const ready = [...updated, ...oldPods.filter(isActive)].filter(isReady).length;
    const readyUpdated = updated.filter(isReady).length;
    const wanted = replicasOf(deployment);
    const done = readyUpdated === wanted && oldPods.length === 0;
    this.#store.updateStatus(deployment, (before) => {
      const now = this.#store.timestamp();
      const conditions = list(before['conditions']);
      const seen = [readyUpdated, updated.length, oldPods.length].join(' ');
      const progress = this.#moved(deployment, seen, now);
      const progressing = progressingCondition(deployment, conditions, { done, progress, now });
      if (progressing.waitMs > 0) {
        this.#queue.addAfter(`${namespace}/${deployment.metadata.name}`, progressing.waitMs);
      }
      return {
        observedGeneration: deployment.metadata['generation'],
        replicas: updated.length + oldPods.filter(isActive).length,
        updatedReplicas: updated.length,
        readyReplicas: ready,
        availableReplicas: ready,
        unavailableReplicas: Math.max(0, wanted - ready),
        conditions: [
          timed(conditions, now, {
            type: 'Available',
            status: ready >= wanted ? 'True' : 'False',
            reason: ready >= wanted ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
            message: `Deployment ${ready >= wanted ? 'has' : 'does not have'} minimum availability.`,
          }),
          progressing.condition,
          ...(problem === undefined
            ? []
            : [
                timed(conditions, now, {
                  type: 'ReplicaFailure',
                  status: 'True',
                  reason: 'FailedCreate',
                  message: problem,
                }),
              ]),
        ],
      };
    });
  }

  #moved(deployment: KubernetesObject, seen: string, now: string): Progress {
    const uid = String(deployment.metadata['uid']);
    const signature = `${seen} ${String(deployment.metadata['generation'])}`;
    const before = this.#progress.get(uid);
    const progress = before?.signature === signature ? before : { signature, since: now };
    this.#progress.set(uid, progress);
    return progress;
  }

  #podsOf(set: KubernetesObject): readonly KubernetesObject[] {
    return this.#store.list(POD, namespaceOf(set)).filter((pod) => ownedBy(pod, set));
  }
}

type Condition = Readonly<Record<string, unknown>>;

interface Progress {
  readonly signature: string;
  readonly since: string;
}

/** Progressing until done, and ProgressDeadlineExceeded when nothing moved for `progressDeadlineSeconds`. */
function progressingCondition(
  deployment: KubernetesObject,
  conditions: readonly unknown[],
  state: { readonly done: boolean; readonly progress: Progress; readonly now: string },
): { readonly condition: Condition; readonly waitMs: number } {
  const { done, progress, now } = state;
  const name = deployment.metadata.name;
  const condition = (status: string, reason: string, message: string): Condition => ({
    ...timed(conditions, now, { type: 'Progressing', status, reason, message }),
    lastUpdateTime: progress.since,
  });
  if (done) {
    const message = `Deployment "${name}" has successfully progressed.`;
    return { condition: condition('True', 'NewReplicaSetAvailable', message), waitMs: 0 };
  }
  const deadline = Number(at(deployment, 'spec', 'progressDeadlineSeconds') ?? 600) * 1000;
  const left = Date.parse(progress.since) + deadline - Date.parse(now);
  if (left <= 0) {
    const message = `Deployment "${name}" has timed out progressing.`;
    return { condition: condition('False', 'ProgressDeadlineExceeded', message), waitMs: 0 };
  }
  const message = `Deployment "${name}" is progressing.`;
  return { condition: condition('True', 'ReplicaSetUpdated', message), waitMs: left };
}

function timed(conditions: readonly unknown[], now: string, condition: Condition): Condition {
  const before = fields(conditions.find((each) => at(each, 'type') === condition['type']));
  const same = before['status'] === condition['status'];
  return { ...condition, lastTransitionTime: same ? before['lastTransitionTime'] : now };
}

function sameTemplate(set: KubernetesObject, template: unknown): boolean {
  return canonical(at(set, 'spec', 'template')) === canonical(template);
}

function replicasOf(deployment: KubernetesObject): number {
  const replicas = at(deployment, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function revision(set: KubernetesObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}
