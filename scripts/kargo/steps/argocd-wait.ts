import { OrderbooksError } from '../../../runtime/errors.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type ApplicationView, fields, viewOf } from './argocd-application.ts';
import { chosenApplications } from './argocd-selection.ts';
import { quoted } from './argocd-source.ts';
import { type ApplicationWait, type ArgocdWaitConfig, validateConfig } from './config.ts';
import { outcome } from './outcome.ts';

const KIND = 'argocd-wait';
const DEFAULT_TIMEOUT_MS = 300_000;

/**
 * Answers Running until every Application is healthy and synced and no operation runs, or what `waitFor` asks for
 * instead. Unlike argocd-update it needs no permission of the Application's.
 */
export const argocdWait: StepRunner = {
  kind: KIND,
  defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => waitForAll(config as unknown as ArgocdWaitConfig, context)),
};

type WaitFor = NonNullable<ApplicationWait['waitFor']>[number];
const DEFAULT_WAIT: readonly WaitFor[] = ['health', 'sync', 'operation'];
/** Conditions that no waiting heals. */
const ERROR_CONDITIONS: ReadonlySet<string> = new Set(['ComparisonError', 'InvalidSpecError']);
const HEALTH_BY_WISH: readonly (readonly [WaitFor, string])[] = [
  ['health', 'Healthy'],
  ['suspended', 'Suspended'],
  ['degraded', 'Degraded'],
];

function waitForAll({ apps }: ArgocdWaitConfig, context: StepContext): StepResult {
  const before = fields(context.previousOutput?.['healthStatus']);
  const healthStatuses: Record<string, unknown> = { ...before };
  const output = { healthStatus: healthStatuses };
  let allReady = true;
  for (const wait of apps) {
    for (const application of chosenApplications(wait, context)) {
      const view = viewOf(application);
      const key = `${view.namespace}/${view.name}`;
      if (view.health !== undefined) healthStatuses[key] = view.health;
      const fault = faultOf(view, wait.waitFor ?? DEFAULT_WAIT, before[key]);
      if (fault !== null) return { status: 'Errored', terminal: true, message: fault, output };
      if (isStale(view, wait.waitFor ?? DEFAULT_WAIT)) requestRefresh(view, context);
      if (!isReady(view, wait.waitFor ?? DEFAULT_WAIT)) allReady = false;
    }
  }
  return { status: allReady ? 'Succeeded' : 'Running', output };
}

function faultOf(
  view: ApplicationView,
  waitFor: readonly WaitFor[],
  before: unknown,
): string | null {
  const called = `Argo CD Application ${quoted(view)}`;
  const errors = view.conditions.filter(({ type }) => ERROR_CONDITIONS.has(type));
  if (errors.length > 0) {
    return errors
      .map(({ type, message }) => `${called} has ${JSON.stringify(type)} condition: ${message}`)
      .join('\n');
  }
  if (waitFor.includes('operation') && operationRuns(view)) return null;
  if (isStale(view, waitFor) || !waitFor.includes('health') || view.health !== 'Degraded') {
    return null;
  }
  if (typeof before !== 'string' || before === 'Degraded' || before === 'Unknown') return null;
  return `${called} health has regressed from ${before} to ${view.health}`;
}

function isReady(view: ApplicationView, waitFor: readonly WaitFor[]): boolean {
  if (waitFor.includes('operation') && operationRuns(view)) return false;
  if (isStale(view, waitFor)) return false;
  const healths = HEALTH_BY_WISH.filter(([wish]) => waitFor.includes(wish));
  if (healths.length > 0 && !healths.some(([, health]) => view.health === health)) return false;
  return !waitFor.includes('sync') || fields(view.status['sync'])['status'] === 'Synced';
}

function operationRuns({ operation, operationState }: ApplicationView): boolean {
  if (operation !== undefined) return true;
  return operationState !== undefined && operationState.finishedAt === undefined;
}

/** Whether the health was assessed before the last operation ended, and so says nothing. */
function isStale(
  { operationState, reconciledAt }: ApplicationView,
  waitFor: readonly WaitFor[],
): boolean {
  const finished = operationState?.finishedAt;
  if (finished === undefined || !HEALTH_BY_WISH.some(([wish]) => waitFor.includes(wish))) {
    return false;
  }
  return reconciledAt === undefined || Date.parse(reconciledAt) < Date.parse(finished);
}

function requestRefresh({ namespace, name }: ApplicationView, { world }: StepContext): void {
  const application = world.application(namespace, name);
  if (application === null) {
    throw new OrderbooksError(
      'ARGOCD_APPLICATION_MISSING',
      `unable to find Argo CD Application ${quoted({ name, namespace })}`,
    );
  }
  const annotations = {
    ...application.metadata.annotations,
    'argocd.argoproj.io/refresh': 'hard',
  };
  world.updateApplication({ ...application, metadata: { ...application.metadata, annotations } });
}
