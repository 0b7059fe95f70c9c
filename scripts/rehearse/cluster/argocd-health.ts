import type { KubernetesObject } from '../../kargo/step.ts';
import { at, fields, list } from './fields.ts';

export interface Health {
  readonly status: 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';
  readonly message?: string;
}

const HEALTHY: Health = { status: 'Healthy' };

/** From best to worst: an Application is as bad as its worst object. */
const ORDER = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'] as const;

/** Health of one object by Argo CD's built-in rules (facts/argo-cd-and-rollouts.md §1.5); undefined for kinds without one. */
export function healthOf(object: KubernetesObject): Health | undefined {
  if (object.metadata['deletionTimestamp'] !== undefined) {
    return { status: 'Progressing', message: 'Pending deletion' };
  }
  switch (object.kind) {
    case 'Deployment':
      return deploymentHealth(object);
    case 'PersistentVolumeClaim':
      return claimHealth(at(object, 'status', 'phase'));
    case 'Job':
      return jobHealth(object);
    case 'CronJob':
      return cronJobHealth(object);
    default:
      return undefined;
  }
}

/** The worst of all. An object that is missing counts only if all are. */
export function worstHealth(
  healths: readonly Health['status'][],
  missing: number,
): Health['status'] {
  if (missing > 0 && healths.length === 0) return 'Missing';
  const worst = Math.max(0, ...healths.map((status) => ORDER.indexOf(status)));
  return ORDER[worst] ?? 'Healthy';
}

function deploymentHealth(object: KubernetesObject): Health {
  const status = fields(object['status']);
  const count = (field: string): number => Number(status[field] ?? 0);
  if (at(object, 'spec', 'paused') === true) {
    return { status: 'Suspended', message: 'Deployment is paused' };
  }
  if (Number(object.metadata['generation'] ?? 0) > count('observedGeneration')) {
    return waiting('observed deployment generation less than desired generation');
  }
  const progressing = list(status['conditions']).find((each) => at(each, 'type') === 'Progressing');
  if (at(progressing, 'reason') === 'ProgressDeadlineExceeded') {
    const message = `Deployment "${object.metadata.name}" exceeded its progress deadline`;
    return { status: 'Degraded', message };
  }
  const wanted = Number(at(object, 'spec', 'replicas') ?? 1);
  const updated = count('updatedReplicas');
  if (updated < wanted) {
    return waiting(`${updated} out of ${wanted} new replicas have been updated...`);
  }
  if (count('replicas') > updated) {
    return waiting(`${count('replicas') - updated} old replicas are pending termination...`);
  }
  if (count('availableReplicas') < updated) {
    const available = count('availableReplicas');
    return waiting(`${available} of ${updated} updated replicas are available...`);
  }
  return HEALTHY;
}

function claimHealth(phase: unknown): Health {
  if (phase === 'Bound') return HEALTHY;
  return { status: phase === 'Lost' ? 'Degraded' : 'Progressing' };
}

function jobHealth(object: KubernetesObject): Health {
  for (const condition of list(at(object, 'status', 'conditions'))) {
    if (at(condition, 'status') !== 'True') continue;
    const message = String(at(condition, 'message') ?? '');
    if (at(condition, 'type') === 'Failed') return { status: 'Degraded', message };
    if (at(condition, 'type') === 'Complete') return { status: 'Healthy', message };
  }
  if (at(object, 'spec', 'suspend') === true) return { status: 'Suspended' };
  return { status: 'Progressing' };
}

/** Healthy unless a run that was scheduled did not succeed: a brand-new CronJob is Healthy (observed.md 22). */
function cronJobHealth(object: KubernetesObject): Health {
  const scheduled = at(object, 'status', 'lastScheduleTime');
  const succeeded = at(object, 'status', 'lastSuccessfulTime');
  const active = list(at(object, 'status', 'active')).length > 0;
  if (at(object, 'spec', 'suspend') === true || active) return HEALTHY;
  if (typeof scheduled !== 'string' || typeof succeeded !== 'string') return HEALTHY;
  return Date.parse(succeeded) < Date.parse(scheduled)
    ? { status: 'Degraded', message: 'CronJob has not completed its last execution successfully' }
    : HEALTHY;
}

function waiting(what: string): Health {
  return { status: 'Progressing', message: `Waiting for rollout to finish: ${what}` };
}
