import type { KubernetesObject } from '../step.ts';

/** What Kargo reads of an Argo CD Application (facts/kargo.md §7). Fields that are missing are undefined. */
export interface ApplicationView {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly sources: readonly ApplicationSource[];
  /** An operation that Argo CD has not taken up yet. */
  readonly operation: Operation | undefined;
  readonly operationState: OperationState | undefined;
  readonly reconciledAt: string | undefined;
  readonly conditions: readonly { readonly type: string; readonly message: string }[];
  readonly health: string | undefined;
  readonly observedRevisions: readonly string[];
  readonly status: Readonly<Record<string, unknown>>;
}

export interface ApplicationSource {
  readonly repoURL: string;
  readonly chart?: string;
  readonly targetRevision?: string;
  readonly [key: string]: unknown;
}

export interface Operation {
  readonly initiatedBy?: { readonly username?: string; readonly automated?: boolean };
  readonly info?: readonly { readonly name: string; readonly value: string }[];
  readonly sync?: Readonly<Record<string, unknown>>;
}

export interface OperationState {
  readonly phase?: string;
  readonly message?: string;
  readonly finishedAt?: string;
  readonly operation?: Operation;
  readonly syncResult?: { readonly revision?: string; readonly revisions?: readonly string[] };
}

/** Where Argo CD's Applications live unless a step says otherwise. */
export const ARGOCD_NAMESPACE = 'argocd';

export function viewOf(application: KubernetesObject): ApplicationView {
  const { metadata } = application;
  const spec = fields(application['spec']);
  const status = fields(application['status']);
  const sync = fields(status['sync']);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? ARGOCD_NAMESPACE,
    annotations: metadata.annotations ?? {},
    labels: metadata.labels ?? {},
    sources: sourcesOf(spec),
    operation: optional<Operation>(application['operation']),
    operationState: optional<OperationState>(status['operationState']),
    reconciledAt: textOf(status['reconciledAt']),
    conditions: list(status['conditions']),
    health: textOf(fields(status['health'])['status']),
    observedRevisions: revisionsOf(sync),
    status,
  };
}

/** The revisions of several sources, or the one revision (possibly empty) of a single source. */
export function revisionsOf(holder: {
  readonly revision?: unknown;
  readonly revisions?: unknown;
}): readonly string[] {
  const several = list<string>(holder.revisions);
  return several.length > 0 ? several : [textOf(holder.revision) ?? ''];
}

export function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, unknown>>;
}

export function sourcesOf(spec: Readonly<Record<string, unknown>>): readonly ApplicationSource[] {
  const several = list<ApplicationSource>(spec['sources']);
  if (several.length > 0) return several;
  const single = optional<ApplicationSource>(spec['source']);
  return single === undefined ? [] : [single];
}

function optional<T>(value: unknown): T | undefined {
  return typeof value === 'object' && value !== null ? (value as T) : undefined;
}

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
