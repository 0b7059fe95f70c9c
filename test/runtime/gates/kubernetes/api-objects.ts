import type { ApplicationState, PromotionState } from '../../../../runtime/gates/delivery-state.ts';
import type { Pod, Workload } from '../../../../runtime/gates/platform.ts';
import type { Seen } from './api-request.ts';

/** Objects of the world as an API server shows them. */

export const NODE = 'node-1';

export function podObject(pod: Pod, component: string) {
  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      labels: { 'app.kubernetes.io/name': 'orderbooks', 'app.kubernetes.io/component': component },
      ...(pod.terminating ? { deletionTimestamp: '2026-11-21T10:00:00Z' } : {}),
    },
    spec: { nodeName: NODE, containers: [{ name: component, image: pod.image }] },
    status: {
      phase: pod.phase,
      startTime: pod.startedAt,
      conditions: [{ type: 'Ready', status: pod.ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: component,
          imageID:
            pod.imageDigest === null
              ? ''
              : `registry.example.com/data/orderbooks@${pod.imageDigest}`,
          restartCount: pod.restarts,
          state: { running: { startedAt: pod.startedAt } },
        },
      ],
    },
  };
}

export function deployment(workload: Workload, seen: Seen) {
  return {
    kind: 'Deployment',
    metadata: meta(seen, workload.name),
    spec: {
      replicas: workload.desiredReplicas,
      template: { spec: { containers: [{ name: 'main', image: workload.image }] } },
    },
    status: { readyReplicas: workload.readyReplicas },
  };
}

export function stage(promotion: PromotionState | null, seen: Seen) {
  const lastPromotion = promotion && {
    name: promotion.name,
    freight: {
      commits: promotion.commits.map((id) => ({ id })),
      images: promotion.digests.map((digest) => ({ digest })),
    },
    status: {
      phase: promotion.phase,
      healthChecks: [
        {
          uses: 'argocd-update',
          config: {
            apps: promotion.applications.map(({ revisions, ...place }) => ({
              ...place,
              desiredRevisions: revisions,
            })),
          },
        },
      ],
    },
  };
  return { kind: 'Stage', metadata: meta(seen, seen.name), status: { lastPromotion } };
}

export function application(
  { sync, revision, conditions, resources }: ApplicationState,
  seen: Seen,
) {
  return {
    kind: 'Application',
    metadata: meta(seen, seen.name),
    status: {
      sync: { status: sync, ...(revision === null ? {} : { revision }) },
      conditions,
      resources: resources.map(({ object, ...rest }) => {
        const [group, kind, name] = object.split('/');
        return { ...(group === '' ? {} : { group }), kind, name, ...rest };
      }),
    },
  };
}

export function meta(seen: Seen, name: string) {
  return { name, namespace: seen.namespace, uid: `uid-of-${name}` };
}

export function notFound({ resource, name }: Seen) {
  return {
    status: 404,
    body: { kind: 'Status', message: `${resource} "${name}" not found`, code: 404 },
  };
}
