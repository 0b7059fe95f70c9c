import type { KubernetesObject } from '../../../scripts/kargo/step.ts';

/** An Application as Argo CD leaves it after its operation: at this revision, healthy, and looked at afterwards. */
export function afterOperation(
  application: KubernetesObject,
  revision: string,
  operationState: Readonly<Record<string, unknown>> = {},
): KubernetesObject {
  const { operation, ...rest } = application;
  return {
    ...rest,
    status: {
      reconciledAt: '2026-11-21T10:00:05Z',
      health: { status: 'Healthy' },
      sync: { status: 'Synced', revision },
      operationState: {
        operation,
        phase: 'Succeeded',
        message: 'successfully synced (all tasks run)',
        finishedAt: '2026-11-21T10:00:04Z',
        syncResult: { revision },
        ...operationState,
      },
    },
  };
}
