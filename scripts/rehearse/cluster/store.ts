import { randomUUID } from 'node:crypto';
import type { KubernetesObject } from '../../kargo/step.ts';
import { admitCreate, admitUpdate } from './admission.ts';
import { ApiError, alreadyExists, conflict, notFound } from './api-error.ts';
import { at, canonical, fields, frozenCopy, stringFields, strings, text } from './fields.ts';
import type { Kind } from './kinds.ts';
import { generatedName } from './names.ts';
import { kindOf, namespaceOf, objectKey, placed, sortKey } from './object-identity.ts';
import {
  combine,
  type DeleteOptions,
  graceSeconds,
  owners,
  type WritePart,
} from './object-write.ts';
import type { Selector } from './selector.ts';

/** One change of one object; `object` is the last state before a removal when `type` is DELETED. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  readonly object: KubernetesObject;
  readonly resourceVersion: number;
}

/** Watchers that fall further behind than this many changes must list again, as in Kubernetes. */
const HISTORY_LIMIT = 20_000;

const FOREGROUND = 'foregroundDeletion';

/**
 * The objects of the local cluster. Objects that come out are deeply frozen; a write replaces the object whole.
 * Listeners are called synchronously after each change, in order, and must not throw.
 */
export class ObjectStore {
  readonly #objects = new Map<Kind, Map<string, KubernetesObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #now: () => Date;
  #history: StoreEvent[] = [];
  #resourceVersion = 0;

  constructor(options: { readonly now?: () => Date } = {}) {
    this.#now = options.now ?? (() => new Date());
  }

  /** The version of the newest change, for watches that start now. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Current time as Kubernetes writes it: whole seconds, UTC. */
  timestamp(): string {
    return this.#now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
  }

  on(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes after `resourceVersion`. Throws 410 Expired if some of them are no longer known. */
  since(resourceVersion: number): readonly StoreEvent[] {
    const oldest = this.#history[0]?.resourceVersion ?? this.#resourceVersion + 1;
    if (resourceVersion + 1 < oldest) {
      const seen = `${resourceVersion} (${oldest})`;
      throw new ApiError(410, 'Expired', `too old resource version: ${seen}`);
    }
    return this.#history.filter((event) => event.resourceVersion > resourceVersion);
  }

  get(kind: Kind, namespace: string, name: string): KubernetesObject | undefined {
    return this.#objects.get(kind)?.get(objectKey(kind, namespace, name));
  }

  /** Like `get`, but an absent object is a 404. */
  require(kind: Kind, namespace: string, name: string): KubernetesObject {
    const object = this.get(kind, namespace, name);
    if (object === undefined) throw notFound(kind, name);
    return object;
  }

  /** Sorted by namespace and name; every namespace if `namespace` is undefined. */
  list(kind: Kind, namespace?: string, selector?: Selector): readonly KubernetesObject[] {
    return [...(this.#objects.get(kind)?.values() ?? [])]
      .filter(
        (object) =>
          (namespace === undefined || namespaceOf(object) === namespace) &&
          (selector === undefined || selector(stringFields(object.metadata.labels))),
      )
      .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }

  create(object: KubernetesObject): KubernetesObject {
    const kind = kindOf(object);
    const prefix = text(object.metadata['generateName']);
    const name = text(object.metadata.name) ?? (prefix && generatedName(prefix)) ?? '';
    const named = { ...object, metadata: { ...object.metadata, name } };
    const prepared = admitCreate(kind, placed(kind, named), this);
    const namespace = namespaceOf(prepared);
    if (this.get(kind, namespace, name) !== undefined) throw alreadyExists(kind, name);
    const created = this.#write('ADDED', kind, {
      ...prepared,
      metadata: {
        ...prepared.metadata,
        uid: randomUUID(),
        creationTimestamp: this.timestamp(),
        ...(prepared['spec'] === undefined ? {} : { generation: 1 }),
      },
    });
    if (kind.kind === 'Namespace') this.#defaultServiceAccount(name);
    return created;
  }

  /**
   * Replaces an object. With `metadata.resourceVersion` set it must be the current one (409 otherwise). A write that changes
   * nothing makes no event.
   */
  update(object: KubernetesObject, part: WritePart = 'whole'): KubernetesObject {
    const kind = kindOf(object);
    const { name } = object.metadata;
    const before = this.require(kind, namespaceOf(placed(kind, object)), name);
    const version = object.metadata['resourceVersion'];
    if (version !== undefined && version !== before.metadata['resourceVersion']) {
      const why =
        'the object has been modified; please apply your changes to the latest version and try again';
      throw conflict(kind, name, why);
    }
    const next = combine(before, object, part);
    if (canonical(next) === canonical(before)) return before;
    admitUpdate(kind, before, next);
    const changed =
      canonical({ ...next, metadata: 0, status: 0 }) !==
      canonical({ ...before, metadata: 0, status: 0 });
    const generation = before.metadata['generation'];
    const written = this.#write('MODIFIED', kind, {
      ...next,
      metadata: {
        ...next.metadata,
        ...(typeof generation === 'number' ? { generation: generation + (changed ? 1 : 0) } : {}),
      },
    });
    this.#removeIfReleased(kind, written);
    return written;
  }

  /** Changes the status of an object if it still exists; `change` gets the current status. */
  updateStatus(
    object: KubernetesObject,
    change: (status: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
  ): void {
    const current = this.get(kindOf(object), namespaceOf(object), object.metadata.name);
    if (current === undefined || current.metadata['uid'] !== object.metadata['uid']) return;
    this.update({ ...current, status: change(fields(current['status'])) });
  }

  /**
   * Deletes an object and, unless orphaned, what it owns. A pod that the kubelet holds, a namespace with content and an object
   * with finalizers only get a `deletionTimestamp` and go later. Returns the object as it was left, or undefined if it is gone.
   */
  delete(
    kind: Kind,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): KubernetesObject | undefined {
    const object = this.require(kind, namespace, name);
    if (options.uid !== undefined && options.uid !== object.metadata['uid']) {
      const seen = `UID in precondition: ${options.uid}, UID in object meta: ${object.metadata['uid']}`;
      throw conflict(kind, name, `Precondition failed: ${seen}`);
    }
    const version = object.metadata['resourceVersion'];
    if (options.resourceVersion !== undefined && options.resourceVersion !== version) {
      throw conflict(kind, name, 'Precondition failed: ResourceVersion does not match');
    }
    const grace = graceSeconds(kind, object, options);
    const finalizers = new Set(strings(object.metadata['finalizers']));
    if (options.propagation === 'Foreground') finalizers.add(FOREGROUND);
    if (grace === 0 && finalizers.size === 0 && kind.kind !== 'Namespace') {
      this.#remove(kind, object, options.propagation ?? 'Background');
      return undefined;
    }
    const leaving = this.#write('MODIFIED', kind, {
      ...object,
      metadata: {
        ...object.metadata,
        deletionTimestamp: object.metadata['deletionTimestamp'] ?? this.timestamp(),
        ...(kind.kind === 'Pod' ? { deletionGracePeriodSeconds: grace } : {}),
        ...(finalizers.size > 0 ? { finalizers: [...finalizers] } : {}),
      },
      ...(kind.kind === 'Namespace' ? { status: { phase: 'Terminating' } } : {}),
    });
    if (finalizers.has(FOREGROUND)) this.#deleteDependents(object, 'Foreground');
    if (kind.kind === 'Namespace') this.#emptyNamespace(name);
    this.#settleDeletions();
    return this.get(kind, namespace, name) === undefined ? undefined : leaving;
  }

  /** The kubelet's last word on a pod: its containers are gone, so the object goes. */
  removePod(object: KubernetesObject): void {
    const kind = kindOf(object);
    const current = this.get(kind, namespaceOf(object), object.metadata.name);
    if (current === undefined || current.metadata['uid'] !== object.metadata['uid']) return;
    this.#remove(kind, current, 'Background');
  }

  /** Objects with an owner reference to `owner`. */
  dependents(owner: KubernetesObject): readonly KubernetesObject[] {
    const uid = owner.metadata['uid'];
    return [...this.#objects.values()]
      .flatMap((objects) => [...objects.values()])
      .filter((object) => owners(object).some((each) => at(each, 'uid') === uid));
  }

  #write(
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    kind: Kind,
    object: KubernetesObject,
  ): KubernetesObject {
    this.#resourceVersion += 1;
    const resourceVersion = this.#resourceVersion;
    const written = frozenCopy({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(resourceVersion) },
    });
    const objects = this.#objects.get(kind) ?? new Map<string, KubernetesObject>();
    this.#objects.set(kind, objects);
    const place = objectKey(kind, namespaceOf(written), written.metadata.name);
    if (type === 'DELETED') objects.delete(place);
    else objects.set(place, written);
    const event: StoreEvent = { type, kind, object: written, resourceVersion };
    this.#history.push(event);
    if (this.#history.length > 2 * HISTORY_LIMIT) {
      this.#history = this.#history.slice(-HISTORY_LIMIT);
    }
    for (const listener of [...this.#listeners]) listener(event);
    return written;
  }

  #remove(kind: Kind, object: KubernetesObject, propagation: DeleteOptions['propagation']): void {
    this.#write('DELETED', kind, object);
    this.#deleteDependents(object, propagation);
    this.#settleDeletions();
  }

  #deleteDependents(owner: KubernetesObject, propagation: DeleteOptions['propagation']): void {
    for (const dependent of this.dependents(owner)) {
      const kind = kindOf(dependent);
      const current = this.get(kind, namespaceOf(dependent), dependent.metadata.name);
      if (current === undefined) continue;
      const others = owners(current).filter((each) => at(each, 'uid') !== owner.metadata['uid']);
      if (propagation === 'Orphan' || others.length > 0) {
        this.#write('MODIFIED', kind, {
          ...current,
          metadata: { ...current.metadata, ownerReferences: others },
        });
      } else if (current.metadata['deletionTimestamp'] === undefined) {
        this.delete(kind, namespaceOf(current), current.metadata.name, {
          ...(propagation === undefined ? {} : { propagation }),
        });
      }
    }
  }

  #emptyNamespace(namespace: string): void {
    for (const [kind, objects] of this.#objects) {
      for (const object of [...objects.values()]) {
        if (!kind.namespaced || namespaceOf(object) !== namespace) continue;
        if (this.get(kind, namespace, object.metadata.name) === undefined) continue;
        if (object.metadata['deletionTimestamp'] === undefined) {
          this.delete(kind, namespace, object.metadata.name);
        }
      }
    }
  }

  /** Lets go of owners whose dependents are gone and of namespaces that are empty. */
  #settleDeletions(): void {
    for (const [kind, objects] of this.#objects) {
      for (const object of [...objects.values()]) {
        if (object.metadata['deletionTimestamp'] === undefined) continue;
        if (kind.kind === 'Namespace' && this.#isEmpty(object.metadata.name)) {
          this.#write('DELETED', kind, object);
          continue;
        }
        const finalizers = strings(object.metadata['finalizers']);
        if (!finalizers.includes(FOREGROUND) || this.dependents(object).length > 0) continue;
        const released = this.#write('MODIFIED', kind, {
          ...object,
          metadata: {
            ...object.metadata,
            finalizers: finalizers.filter((each) => each !== FOREGROUND),
          },
        });
        this.#removeIfReleased(kind, released);
      }
    }
  }

  #removeIfReleased(kind: Kind, object: KubernetesObject): void {
    if (object.metadata['deletionTimestamp'] === undefined) return;
    if (kind.kind === 'Pod' || kind.kind === 'Namespace') return;
    if (strings(object.metadata['finalizers']).length > 0) return;
    this.#remove(kind, object, 'Background');
  }

  #isEmpty(namespace: string): boolean {
    return [...this.#objects].every(
      ([kind, objects]) =>
        !kind.namespaced ||
        [...objects.values()].every((object) => namespaceOf(object) !== namespace),
    );
  }

  #defaultServiceAccount(namespace: string): void {
    this.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
  }
}
