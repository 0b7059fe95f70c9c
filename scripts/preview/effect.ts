import type { KubernetesObject } from '../kargo/step.ts';
import { fields } from '../kargo/steps/argocd-application.ts';
import type { ChangeKind, Effect, FieldChange } from './result.ts';

/** What of an Application's sync policy decides about single objects. */
export interface SyncPolicy {
  readonly prunes: boolean;
  readonly replaces: boolean;
  readonly forces: boolean;
}

/** As Argo CD reads an Application; one that does not exist syncs nothing by itself. */
export function syncPolicyOf(application: KubernetesObject | null): SyncPolicy {
  const policy = fields(fields(application?.['spec'])['syncPolicy']);
  const options = Array.isArray(policy['syncOptions']) ? policy['syncOptions'].map(String) : [];
  return {
    prunes: fields(policy['automated'])['prune'] === true,
    replaces: options.includes('Replace=true'),
    forces: options.includes('Force=true'),
  };
}

/** What Argo CD does with one object of a change, and why where that is not plain. */
export function effectOf(
  change: ChangeKind,
  object: KubernetesObject,
  changes: readonly FieldChange[],
  policy: SyncPolicy,
): { readonly effect: Effect; readonly note: string | null } {
  const options = syncOptionsOf(object);
  if (change === 'added') return { effect: 'create', note: null };
  if (change === 'removed') {
    if (options.includes('Prune=false')) {
      return { effect: 'keep', note: 'annotated Prune=false: it stays and is nobody’s any more' };
    }
    return policy.prunes
      ? { effect: 'prune', note: noteOfPruning(object) }
      : { effect: 'keep', note: 'the Application does not prune: it stays and shows as OutOfSync' };
  }
  if (change === 'renamed') {
    return policy.prunes
      ? { effect: 'create and prune', note: 'its name carries a hash of what it holds' }
      : { effect: 'create', note: 'the one of the old name stays: the Application does not prune' };
  }
  const fixed = immutableAmong(object, changes);
  if (policy.replaces || options.includes('Replace=true')) {
    return { effect: 'replace', note: 'sync option Replace=true' };
  }
  if (fixed !== undefined) {
    return policy.forces || options.includes('Force=true')
      ? { effect: 'replace', note: `${fixed} cannot be changed: deleted and created (Force=true)` }
      : {
          effect: 'refused',
          note: `Kubernetes does not let anybody change ${fixed}: the sync fails; delete the object first or give it another name`,
        };
  }
  return { effect: 'apply', note: noteOfApplying(object, changes) };
}

/** Fields that the API server refuses to change, as far as this bundle's kinds have any. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec.selector'],
  'apps/DaemonSet': ['spec.selector'],
  'apps/StatefulSet': [
    'spec.selector',
    'spec.serviceName',
    'spec.podManagementPolicy',
    'spec.volumeClaimTemplates',
  ],
  'batch/Job': ['spec.template', 'spec.selector', 'spec.completionMode'],
  '/PersistentVolumeClaim': [
    'spec.accessModes',
    'spec.storageClassName',
    'spec.volumeName',
    'spec.volumeMode',
    'spec.selector',
  ],
  '/PersistentVolume': ['spec.nfs', 'spec.local', 'spec.hostPath', 'spec.csi', 'spec.volumeMode'],
  '/Service': ['spec.clusterIP'],
  'rbac.authorization.k8s.io/RoleBinding': ['roleRef'],
  'rbac.authorization.k8s.io/ClusterRoleBinding': ['roleRef'],
};
const DATA_KINDS = ['/ConfigMap', '/Secret'];

function immutableAmong(
  object: KubernetesObject,
  changes: readonly FieldChange[],
): string | undefined {
  const kind = groupKind(object);
  const paths = [
    ...(IMMUTABLE[kind] ?? []),
    ...(DATA_KINDS.includes(kind) && object['immutable'] === true ? ['data', 'binaryData'] : []),
  ];
  return paths.find((path) =>
    changes.some((change) => change.path === path || /^[.[ ]/.test(rest(change.path, path))),
  );
}

function rest(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : '';
}

const POD_OWNERS = ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet'];

function noteOfApplying(object: KubernetesObject, changes: readonly FieldChange[]): string | null {
  const template = changes.some(({ path }) => path.startsWith('spec.template'));
  if (template && POD_OWNERS.includes(groupKind(object))) return 'its pods restart';
  if (changes.some(({ path }) => path === 'spec.replicas')) return 'its number of pods changes';
  return null;
}

/** What goes with an object that is deleted. */
function noteOfPruning(object: KubernetesObject): string | null {
  const kind = groupKind(object);
  if (kind === '/PersistentVolumeClaim') return 'the archives on it go too, if its class says so';
  if (kind === '/Namespace') return 'everything in it goes too';
  return POD_OWNERS.includes(kind) ? 'its pods end' : null;
}

function syncOptionsOf(object: KubernetesObject): readonly string[] {
  return (object.metadata.annotations?.['argocd.argoproj.io/sync-options'] ?? '')
    .split(',')
    .map((option) => option.trim());
}

export function groupKind({ apiVersion, kind }: KubernetesObject): string {
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`;
}
