import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import { at, stringFields, text } from './fields.ts';

/** The one node of the local cluster. */
export const NODE_NAME = 'rehearsal';

/** Pods share the loopback address; their ports differ instead. */
export const POD_ADDRESS = '127.0.0.1';

/** Why a container cannot be started yet; `reason` is what Kubernetes shows for the waiting container. */
export class Obstacle extends OrderbooksError {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super('POD_WAITS', message);
    this.reason = reason;
  }
}

/** The value of a `fieldRef`. Throws an Obstacle for a field that this kubelet does not know. */
export function podField(pod: KubernetesObject, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (subscript !== null) {
    return text(at(pod, 'metadata', subscript[1] ?? '', subscript[2] ?? '')) ?? '';
  }
  switch (path) {
    case 'metadata.name':
    case 'metadata.namespace':
    case 'metadata.uid':
    case 'spec.serviceAccountName':
      return text(at(pod, ...path.split('.'))) ?? '';
    case 'metadata.labels':
    case 'metadata.annotations':
      return Object.entries(stringFields(at(pod, ...path.split('.'))))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join('\n');
    case 'spec.nodeName':
      return NODE_NAME;
    case 'status.podIP':
    case 'status.hostIP':
      return POD_ADDRESS;
    default:
      throw new Obstacle('CreateContainerConfigError', `unsupported fieldPath: ${path}`);
  }
}
