import { OrderbooksError } from '../../../runtime/errors.ts';
import { at } from './fields.ts';
import { POD } from './kinds.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { PodWorker } from './pod-worker.ts';
import type { StoreEvent } from './store.ts';

/** Runs every pod of the local cluster as a process of this machine. */
export class Kubelet {
  readonly #context: KubeletContext;
  readonly #workers = new Map<string, PodWorker>();
  readonly #lives = new Set<Promise<void>>();
  readonly #unsubscribe: readonly (() => void)[];
  #stopped = false;

  constructor(context: KubeletContext) {
    this.#context = context;
    this.#unsubscribe = [
      context.store.on((event) => this.#onEvent(event)),
      context.images.on(() => this.#wakeAll()),
    ];
  }

  /** The worker of a pod, for its log and its ports. */
  worker(namespace: string, name: string): PodWorker | undefined {
    const pod = this.#context.store.get(POD, namespace, name);
    return this.#workers.get(String(pod?.metadata['uid']));
  }

  /** Ends every container, each with the grace period given here, and waits for them. Objects stay as they are. */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const worker of this.#workers.values()) worker.delete(graceSeconds);
    await Promise.all(this.#lives);
  }

  #onEvent({ type, kind, object }: StoreEvent): void {
    if (this.#stopped) return;
    const uid = String(object.metadata['uid']);
    if (kind === POD && type === 'ADDED') this.#adopt(uid, new PodWorker(this.#context, object));
    const worker = kind === POD ? this.#workers.get(uid) : undefined;
    if (type === 'DELETED' && worker !== undefined) {
      this.#workers.delete(uid);
      this.#track(worker.forget());
    } else if (object.metadata['deletionTimestamp'] !== undefined && worker !== undefined) {
      const grace = object.metadata['deletionGracePeriodSeconds'];
      worker.delete(typeof grace === 'number' ? grace : 0);
    }
    if (kind !== POD || type !== 'MODIFIED' || isPlacedOrEnded(object)) {
      // Off the writer's stack: a pod that starts writes objects too.
      setImmediate(() => this.#wakeAll());
    }
  }

  #adopt(uid: string, worker: PodWorker): void {
    this.#workers.set(uid, worker);
    this.#track(worker.run());
  }

  #wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  #track(life: Promise<void>): void {
    const tracked = life
      .catch((cause: unknown) => {
        const message = cause instanceof OrderbooksError ? cause.message : String(cause);
        this.#context.emit({ type: 'problem', where: 'kubelet', message });
      })
      .finally(() => this.#lives.delete(tracked));
    this.#lives.add(tracked);
  }
}

function isPlacedOrEnded(pod: StoreEvent['object']): boolean {
  const phase = at(pod, 'status', 'phase');
  return at(pod, 'spec', 'nodeName') !== undefined || phase === 'Succeeded' || phase === 'Failed';
}
