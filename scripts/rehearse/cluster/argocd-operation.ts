import type { KubernetesObject } from '../../kargo/step.ts';
import { applyOrder } from './apply.ts';
import type { Target } from './argocd-compare.ts';
import { at, list } from './fields.ts';
import { namespaceOf } from './object-identity.ts';

const SYNC_WAVE = 'argocd.argoproj.io/sync-wave';

export interface ResourceResult {
  readonly [key: string]: unknown;
  readonly status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';
  readonly message: string;
}

/** How an operation ended. */
export interface Outcome {
  readonly phase: 'Succeeded' | 'Failed' | 'Error';
  readonly message: string;
  readonly resources: readonly ResourceResult[];
}

/** Targets in the order of their waves, and within a wave in the order in which kinds can be applied. */
export function inWaves(targets: readonly Target[]): readonly Target[] {
  const wave = ({ object }: Target): number =>
    Number(object.metadata.annotations?.[SYNC_WAVE] ?? 0);
  const ordered = applyOrder(targets.map((target) => ({ kind: target.object.kind, target })));
  return ordered.map(({ target }) => target).sort((a, b) => wave(a) - wave(b));
}

/** What became of one object, as an operation's `syncResult` lists it. */
export function result(
  object: KubernetesObject,
  status: ResourceResult['status'],
  message: string,
): ResourceResult {
  const [group, version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const { name } = object.metadata;
  return {
    group,
    version,
    kind: object.kind,
    namespace: namespaceOf(object),
    name,
    status,
    message,
    hookPhase: 'Running',
    syncPhase: 'Sync',
  };
}

/** Argo CD keeps the last ten deployments. */
const HISTORY_LIMIT = 10;

/** `status.history` with the deployment that just ended, if it succeeded. */
export function history(
  before: unknown,
  state: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  const entries = list(at(before, 'history'));
  if (state['phase'] !== 'Succeeded') return entries;
  const id = Number(at(entries.at(-1), 'id') ?? -1) + 1;
  const entry = {
    id,
    revision: at(state, 'syncResult', 'revision'),
    source: at(state, 'syncResult', 'source'),
    deployStartedAt: state['startedAt'],
    deployedAt: state['finishedAt'],
    initiatedBy: at(state, 'operation', 'initiatedBy') ?? {},
  };
  return [...entries, entry].slice(-HISTORY_LIMIT);
}
