import type { Emit } from './events.ts';
import { at } from './fields.ts';
import { CLAIM } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { splitKey } from './pod-template.ts';
import { ReconcileQueue } from './reconcile-queue.ts';
import type { ObjectStore } from './store.ts';
import type { VolumeManager } from './volumes.ts';

/** Binds every PersistentVolumeClaim to a folder, and removes the folder with the claim. Its size is not enforced. */
export class ClaimController {
  readonly #store: ObjectStore;
  readonly #queue: ReconcileQueue;
  readonly #unsubscribe: () => void;

  constructor(store: ObjectStore, emit: Emit, volumes: VolumeManager) {
    this.#store = store;
    this.#queue = new ReconcileQueue('PersistentVolumeClaim', emit, async (key) => {
      const [namespace, name] = splitKey(key);
      if (store.get(CLAIM, namespace, name) === undefined) {
        await volumes.removeClaim(namespace, name);
      } else this.#bind(namespace, name);
    });
    this.#unsubscribe = store.on(({ kind, object }) => {
      if (kind === CLAIM) this.#queue.add(`${namespaceOf(object)}/${object.metadata.name}`);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#queue.stop();
  }

  #bind(namespace: string, name: string): void {
    const claim = this.#store.require(CLAIM, namespace, name);
    this.#store.updateStatus(claim, () => ({
      phase: 'Bound',
      accessModes: at(claim, 'spec', 'accessModes'),
      capacity: at(claim, 'spec', 'resources', 'requests'),
    }));
  }
}
