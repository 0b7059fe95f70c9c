import type { KubernetesObject } from '../../kargo/step.ts';
import { canonical, fields, isFields, mergePatch } from './fields.ts';
import { kindOf, namespaceOf } from './object-identity.ts';
import type { ObjectStore } from './store.ts';

/** What applying an object did. */
export type Applied = 'created' | 'configured' | 'unchanged';

/** Kinds that others need come first, as Argo CD orders them. */
const KIND_ORDER = [
  'Namespace',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'AppProject',
];

/** Objects in the order in which they can be applied; those of a kind stay as they are. */
export function applyOrder<T extends { readonly kind: string }>(
  objects: readonly T[],
): readonly T[] {
  const place = ({ kind }: T): number => {
    const found = KIND_ORDER.indexOf(kind);
    return found < 0 ? KIND_ORDER.length : found;
  };
  return [...objects].sort((a, b) => place(a) - place(b));
}

/** Declarative writes: fields that others set are kept, fields that an earlier apply set and this one lacks go. */
export class Applier {
  readonly #store: ObjectStore;
  /** By uid: what was applied last. */
  readonly #applied = new Map<unknown, KubernetesObject>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Throws ApiError if the cluster refuses the object. */
  apply(object: KubernetesObject): Applied {
    const kind = kindOf(object);
    const namespace = kind.namespaced ? (object.metadata.namespace ?? 'default') : '';
    const live = this.#store.get(kind, namespace, object.metadata.name);
    if (live === undefined) {
      const created = this.#store.create(object);
      this.#applied.set(created.metadata['uid'], object);
      return 'created';
    }
    const { uid } = live.metadata;
    const kept = without(live, this.#applied.get(uid), object);
    const wanted = mergePatch(kept, object) as KubernetesObject;
    const { resourceVersion: _, ...metadata } = wanted.metadata;
    const after = this.#store.update({
      ...wanted,
      metadata: { ...metadata, namespace: namespaceOf(live) },
      ...(kind.statusSubresource ? { status: live['status'] } : {}),
    } as KubernetesObject);
    this.#applied.set(uid, object);
    return canonical(after) === canonical(live) ? 'unchanged' : 'configured';
  }
}

/** Whether every field of `wanted` is in `live` with the same value; lists must be equal. */
export function isContained(wanted: unknown, live: unknown): boolean {
  if (!isFields(wanted)) return canonical(wanted) === canonical(live);
  return (
    isFields(live) &&
    Object.entries(wanted).every(
      ([key, value]) => value === undefined || value === null || isContained(value, live[key]),
    )
  );
}

/** `live` without the fields that are in `before` and not in `next`. */
function without(live: unknown, before: unknown, next: unknown): unknown {
  if (!isFields(live) || !isFields(before)) return live;
  return Object.fromEntries(
    Object.entries(live)
      .filter(([key]) => !(key in before) || key in fields(next))
      .map(([key, value]) => [key, without(value, before[key], fields(next)[key])]),
  );
}
