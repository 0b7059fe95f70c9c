import type { Subject } from '../../../runtime/gates/check.ts';
import type { ApplicationState, PromotionState } from '../../../runtime/gates/delivery-state.ts';
import type { Workload } from '../../../runtime/gates/platform.ts';
import { COMMIT, DIGEST, IMAGE } from './recorded-run.ts';

export const SUBJECT: Subject = {
  project: 'orderbooks-delivery',
  stage: 'canary',
  namespace: 'orderbooks-canary',
  productionNamespace: 'orderbooks',
  imageDigest: DIGEST,
  commit: COMMIT,
};

/** On the Stage's branch. */
export const RENDERED_COMMIT = 'd'.repeat(40);

/** What Kargo says of a Stage that runs the promoted release. */
export function promoted(stage: string): PromotionState {
  return {
    name: `${stage}.01.abc`,
    phase: 'Succeeded',
    commits: [COMMIT],
    digests: [DIGEST],
    applications: [
      { namespace: 'argocd', name: `orderbooks-${stage}`, revisions: [RENDERED_COMMIT] },
    ],
  };
}

/** What Argo CD says of an Application that runs its render. */
export function synced(name: string): ApplicationState {
  const objects = [
    '/ConfigMap/orderbooks-config-abcde12345',
    '/PersistentVolumeClaim/orderbooks-data',
    'apps/Deployment/orderbooks-ws-recorder',
    'batch/CronJob/orderbooks-uploader',
  ];
  return {
    name,
    sync: 'Synced',
    revision: RENDERED_COMMIT,
    conditions: [],
    resources: objects.map((object) => ({ object, status: 'Synced', requiresPruning: false })),
  };
}

export function collector(overrides: Partial<Workload> = {}): Workload {
  return {
    name: 'orderbooks-collector',
    image: IMAGE,
    desiredReplicas: 1,
    readyReplicas: 1,
    ...overrides,
  };
}
