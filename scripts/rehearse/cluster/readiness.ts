import { OrderbooksError } from '../../../runtime/errors.ts';
import { healthOf } from './argocd-health.ts';
import { at, list, stringFields } from './fields.ts';
import { DEPLOYMENT, POD } from './kinds.ts';
import { objectSelector } from './selector.ts';
import type { ObjectStore } from './store.ts';

export interface ReadinessWait {
  readonly namespace: string;
  readonly deployment: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export class NotReadyError extends OrderbooksError {}

/**
 * Resolves once all pods of the Deployment are of its newest template and ready. Rejects with NotReadyError that says what its pods wait for
 * when the time is over, and with the signal's reason when that aborts.
 */
export function whenReady(store: ObjectStore, wait: ReadinessWait): Promise<void> {
  const { signal, timeoutMs } = wait;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      unsubscribe();
      signal?.removeEventListener('abort', aborted);
      settle();
    };
    const aborted = (): void => end(() => reject(signal?.reason));
    const timer = setTimeout(() => end(() => reject(notReady(store, wait))), timeoutMs);
    const unsubscribe = store.on(() => {
      if (isHealthy(store, wait)) end(resolve);
    });
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted === true) aborted();
    else if (isHealthy(store, wait)) end(resolve);
  });
}

function isHealthy(store: ObjectStore, { namespace, deployment }: ReadinessWait): boolean {
  const found = store.get(DEPLOYMENT, namespace, deployment);
  return found !== undefined && healthOf(found)?.status === 'Healthy';
}

function notReady(store: ObjectStore, wait: ReadinessWait): NotReadyError {
  const { namespace, deployment, timeoutMs } = wait;
  const found = store.get(DEPLOYMENT, namespace, deployment);
  const health = found === undefined ? 'it does not exist' : (healthOf(found)?.message ?? '');
  const selector = objectSelector(at(found, 'spec', 'selector'));
  const pods = store
    .list(POD, namespace)
    .filter((pod) => selector(stringFields(pod.metadata.labels)))
    .map((pod) => `${pod.metadata.name}: ${stateOf(pod)}`);
  return new NotReadyError(
    'DEPLOYMENT_NOT_READY',
    `Deployment ${namespace}/${deployment} was not ready within ${timeoutMs / 1000} s: ${[health, ...pods].join('; ')}`,
  );
}

function stateOf(pod: unknown): string {
  const [container] = list(at(pod, 'status', 'containerStatuses'));
  const waiting = at(container, 'state', 'waiting');
  if (waiting !== undefined) {
    return `${String(at(waiting, 'reason'))} ${String(at(waiting, 'message') ?? '')}`.trim();
  }
  const placed = list(at(pod, 'status', 'conditions')).find(
    (each) => at(each, 'type') === 'PodScheduled' && at(each, 'status') === 'False',
  );
  if (placed !== undefined) return String(at(placed, 'message'));
  return `${String(at(pod, 'status', 'phase'))}, ready: ${String(at(container, 'ready') ?? false)}`;
}
