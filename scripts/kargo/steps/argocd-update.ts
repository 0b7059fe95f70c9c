import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject, StepContext, StepResult, StepRunner } from '../step.ts';
import {
  type ApplicationSource,
  fields,
  type Operation,
  revisionsOf,
  viewOf,
} from './argocd-application.ts';
import { authorizedApplications } from './argocd-selection.ts';
import { desiredRevisions, desiredSources, quoted } from './argocd-source.ts';
import { type ApplicationUpdate, type ArgocdUpdateConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';

const KIND = 'argocd-update';

/** What the health check of a Stage is given to remember: `assessHealth` reads it. */
export interface HealthCheckInput {
  readonly apps: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly desiredRevisions: readonly string[];
  }[];
}

/**
 * Has Argo CD sync Applications and answers Running until its own operation on each has ended at the desired
 * revision (facts/kargo.md §7). It does not wait for their health; the registered health check tells that.
 */
export const argocdUpdate: StepRunner = {
  kind: KIND,
  // Kargo's default for this kind: the only one with a limit of its own.
  defaultTimeoutMs: 300_000,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => updateAll(config as unknown as ArgocdUpdateConfig, context)),
};

/** Kargo's mark on an operation: the Promotion that started it. */
const PROMOTION_INFO = 'kargo.akuity.io/promotion';
/** Who starts the operation of an auto-promotion. */
const CONTROLLER = 'kargo-controller';

const RUNNING = 'Running';
/** Phases in which an operation has ended. */
const COMPLETED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error']);
const FAILED: ReadonlySet<string> = new Set(['Failed', 'Error']);

async function updateAll(config: ArgocdUpdateConfig, context: StepContext): Promise<StepResult> {
  const phases: string[] = [];
  const checks: HealthCheckInput['apps'][number][] = [];
  for (const update of config.apps) {
    const applications = authorizedApplications(update, context);
    refuseIncompatible(update, applications);
    for (const application of applications) {
      const view = viewOf(application);
      checks.push({
        name: view.name,
        namespace: view.namespace,
        desiredRevisions: desiredRevisions(update, view),
      });
      const phase = await advance(application, update, context);
      if (phase !== '') phases.push(phase);
    }
  }
  const healthCheck = { uses: KIND, input: { apps: checks } };
  if (phases.some((phase) => phase === RUNNING || phase === 'Terminating')) {
    return { status: 'Running', healthCheck };
  }
  if (phases.length > 0 && phases.every((phase) => phase === 'Succeeded'))
    return { status: 'Succeeded', healthCheck };
  throw new OrderbooksError(
    'ARGOCD_PHASE_UNKNOWN',
    `could not determine promotion step status from operation phases: [${phases.join(' ')}]`,
  );
}

/** Starts this promotion's operation unless one runs or has done the work; gives the phase to go by. */
async function advance(
  application: KubernetesObject,
  update: ApplicationUpdate,
  context: StepContext,
): Promise<string> {
  const view = viewOf(application);
  const state = view.operationState;
  if (state !== undefined) {
    const phase = state.phase ?? '';
    // Somebody else's operation comes to its end first, and then ours begins.
    if (!COMPLETED.has(phase)) return phase;
    if (promotionOf(state.operation) === context.promotion && state.syncResult !== undefined) {
      const desired = desiredRevisions(update, view);
      const seen = revisionsOf(state.syncResult);
      const arrived =
        desired.length === 0 ||
        seen.every((revision, index) => (desired[index] || revision) === revision);
      if (arrived && FAILED.has(phase)) {
        throw new OrderbooksError(
          'ARGOCD_OPERATION_FAILED',
          `Argo CD Application ${quoted(view)} failed with: ${state.message ?? ''}`,
        );
      }
      if (arrived) return phase;
    }
  }
  const sources = await during(
    `error building desired sources for Argo CD Application ${quoted(view)}`,
    async () => desiredSources(update, view),
  );
  context.world.updateApplication(withOperation(application, sources, context));
  return RUNNING;
}

function promotionOf(operation: Operation | undefined): string | undefined {
  return operation?.info?.find(({ name }) => name === PROMOTION_INFO)?.value;
}

function withOperation(
  application: KubernetesObject,
  sources: readonly ApplicationSource[],
  { actor, promotion }: StepContext,
): KubernetesObject {
  const spec = fields(application['spec']);
  const policy = fields(spec['syncPolicy']);
  const { operationState: _ended, ...status } = fields(application['status']);
  const several = Array.isArray(spec['sources']) && spec['sources'].length > 0;
  return {
    ...application,
    metadata: {
      ...application.metadata,
      annotations: {
        ...application.metadata.annotations,
        'argocd.argoproj.io/refresh': 'hard',
      },
    },
    spec: {
      ...spec,
      ...(several ? { sources } : {}),
      ...(!several && sources[0] !== undefined ? { source: sources[0] } : {}),
    },
    operation: {
      // An automated sync keeps to Argo CD's sync windows; a person's may pass with `manualSync`.
      initiatedBy: actor === '' ? { username: CONTROLLER, automated: true } : { username: actor },
      info: [
        { name: 'Reason', value: 'Promotion triggered a sync of this Application resource.' },
        { name: PROMOTION_INFO, value: promotion },
      ],
      sync: policy['syncOptions'] === undefined ? {} : { syncOptions: policy['syncOptions'] },
      retry: policy['retry'] ?? {},
    },
    ...(application['status'] === undefined ? {} : { status }),
  };
}

/** Before anything is changed: an update that does not fit all chosen Applications changes none. */
function refuseIncompatible(
  update: ApplicationUpdate,
  applications: readonly KubernetesObject[],
): void {
  if (applications.length < 2 || update.sources === undefined) return;
  const problems = applications.map(viewOf).flatMap((view) => {
    try {
      desiredSources(update, view);
      return [];
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      return [`Application ${quoted(view)}: ${error.message}`];
    }
  });
  if (problems.length === 0) return;
  const cut =
    problems.length > MOST_PROBLEMS_SHOWN ? ` (showing first ${MOST_PROBLEMS_SHOWN})` : '';
  throw new OrderbooksError(
    'ARGOCD_SOURCES_INCOMPATIBLE',
    `selected Applications must have compatible sources; ${problems.length} incompatible${cut}. No Applications were updated:\n${problems.slice(0, MOST_PROBLEMS_SHOWN).join('\n')}`,
  );
}

const MOST_PROBLEMS_SHOWN = 3;
