import { z } from 'zod';
import type { World } from '../step.ts';
import { type ApplicationView, ARGOCD_NAMESPACE, viewOf } from './argocd-application.ts';
import { quoted } from './argocd-source.ts';

export type HealthStatus = 'Healthy' | 'Progressing' | 'Unhealthy' | 'Unknown' | 'NotApplicable';

export interface StageHealth {
  readonly status: HealthStatus;
  /** Why it is not Healthy, in Kargo's words. */
  readonly issues: readonly string[];
}

/**
 * Health of a Stage by the check that argocd-update registered: whether each Application is at the desired revision
 * and healthy, judged only after Argo CD looked at it again since its last operation (facts/kargo.md §7).
 */
export function assessHealth(world: Pick<World, 'application'>, input: unknown): StageHealth {
  const parsed = healthCheckInput.safeParse(input);
  if (!parsed.success) {
    const problem = `could not convert opaque input into argocd-update health check input: ${z.prettifyError(parsed.error)}`;
    return { status: 'Unknown', issues: [problem] };
  }
  const each = parsed.data.apps.map(({ name, namespace, desiredRevisions }) =>
    applicationHealth(world, name, namespace ?? ARGOCD_NAMESPACE, desiredRevisions ?? []),
  );
  const status = each.reduce<HealthStatus>((worst, one) => worse(worst, one.status), 'Healthy');
  return { status, issues: each.flatMap(({ issues }) => issues) };
}

const healthCheckInput = z.object({
  apps: z.array(
    z.object({
      name: z.string(),
      namespace: z.string().optional(),
      desiredRevisions: z.array(z.string()).nullish(),
    }),
  ),
});

/** From best to worst: of several the worst counts. */
const ORDER: readonly HealthStatus[] = [
  'Healthy',
  'NotApplicable',
  'Progressing',
  'Unknown',
  'Unhealthy',
];

function worse(one: HealthStatus, other: HealthStatus): HealthStatus {
  return ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;
}

/** Conditions under which the rest of an Application's status cannot be relied on. */
const ERROR_CONDITIONS: ReadonlySet<string> = new Set(['ComparisonError', 'InvalidSpecError']);

function applicationHealth(
  world: Pick<World, 'application'>,
  name: string,
  namespace: string,
  desired: readonly string[],
): StageHealth {
  const application = world.application(namespace, name);
  if (application === null) {
    return bad('Unknown', `unable to find Argo CD Application ${quoted({ name, namespace })}`);
  }
  const view = viewOf(application);
  const called = `Argo CD Application ${quoted(view)}`;
  if (isStale(view)) {
    return bad(
      'Unknown',
      `${called} was not reconciled after its most recent operation completed; Application health status not trusted`,
    );
  }
  const errors = view.conditions.filter(({ type }) => ERROR_CONDITIONS.has(type));
  if (errors.length > 0) {
    const issues = errors.map(
      ({ type, message }) => `${called} has ${JSON.stringify(type)} condition: ${message}`,
    );
    return { status: 'Unhealthy', issues };
  }
  return syncProblem(view, desired) ?? ownHealth(view, called);
}

/** Times of Kubernetes objects are whole seconds; equal ones mean that it was looked at afterwards. */
function isStale({ operationState, reconciledAt }: ApplicationView): boolean {
  const finished = operationState?.finishedAt;
  if (finished === undefined) return false;
  return reconciledAt === undefined || Date.parse(reconciledAt) < Date.parse(finished);
}

function syncProblem(view: ApplicationView, desired: readonly string[]): StageHealth | null {
  if (desired.every((revision) => revision === '')) return null;
  const called = `Argo CD Application ${quoted(view)}`;
  const { sources, observedRevisions, operation, operationState } = view;
  if (operation?.sync !== undefined || operationState?.finishedAt === undefined) {
    return bad('Unknown', `${called} is being synced`);
  }
  for (const [count, what] of [
    [sources.length, 'sources'],
    [observedRevisions.length, 'observed revisions'],
  ] as const) {
    if (count === desired.length) continue;
    return bad('Unknown', `${called} has ${count} ${what} but ${desired.length} desired revisions`);
  }
  const issues = desired.flatMap((revision, index) =>
    revision === '' || observedRevisions[index] === revision
      ? []
      : [
          `Source ${index} with RepoURL ${sources[index]?.repoURL} of Application ${quoted(view)} does not match the desired revision ${JSON.stringify(revision)}.`,
        ],
  );
  if (issues.length === 0) return null;
  return bad(
    'Unhealthy',
    `Not all sources of Application ${quoted(view)} are synced to the desired revisions. Issues: ${issues.join('; ')}`,
  );
}

function ownHealth({ health = '' }: ApplicationView, called: string): StageHealth {
  switch (health) {
    case 'Healthy':
      return { status: 'Healthy', issues: [] };
    case 'Progressing':
    case '':
      return bad('Progressing', `${called} is progressing`);
    case 'Suspended':
      return bad('Progressing', `${called} is suspended`);
    default:
      return bad('Unhealthy', `${called} has health state ${JSON.stringify(health)}`);
  }
}

function bad(status: HealthStatus, issue: string): StageHealth {
  return { status, issues: [issue] };
}
