import type { KubernetesObject } from '../../kargo/step.ts';
import { at, frozenCopy, list } from './fields.ts';
import type { Kind } from './kinds.ts';

/** Which part of an object a write may change. */
export type WritePart = 'whole' | 'status' | 'all but status';

/** How an object is to be deleted. */
export interface DeleteOptions {
  /** `Background` if absent, as in Kubernetes for all but Jobs (the API server decides that). */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly graceSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** What an object is after a write of `part`; identity and life cycle stay as they were. */
export function combine(
  before: KubernetesObject,
  object: KubernetesObject,
  part: WritePart,
): KubernetesObject {
  const { uid, creationTimestamp, generation, resourceVersion, deletionTimestamp } =
    before.metadata;
  const kept = { uid, creationTimestamp, generation, resourceVersion, deletionTimestamp };
  const { status: _, ...rest } = object;
  const status = part === 'all but status' ? before['status'] : object['status'];
  const base = part === 'status' ? before : rest;
  return frozenCopy({
    ...base,
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata: {
      ...(part === 'status' ? before.metadata : object.metadata),
      ...kept,
      name: before.metadata.name,
      namespace: before.metadata.namespace,
    },
    ...(status === undefined ? {} : { status }),
  } as KubernetesObject);
}

/** 0 unless it is a pod that the kubelet holds. */
export function graceSeconds(kind: Kind, object: KubernetesObject, options: DeleteOptions): number {
  if (kind.kind !== 'Pod' || at(object, 'spec', 'nodeName') === undefined) return 0;
  const own = at(object, 'spec', 'terminationGracePeriodSeconds');
  const wanted = options.graceSeconds ?? (typeof own === 'number' ? own : 30);
  const phase = at(object, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed' ? 0 : wanted;
}

export function owners(object: KubernetesObject): readonly unknown[] {
  return list(object.metadata['ownerReferences']);
}
