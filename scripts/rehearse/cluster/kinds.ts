/** A kind of object that the local cluster knows. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Written through `…/status` only; a write of the whole object leaves it alone. */
  readonly statusSubresource: boolean;
}

const NAMESPACED = true;
const CLUSTER = false;

export const KINDS: readonly Kind[] = [
  kind('v1', 'Namespace', 'namespaces', CLUSTER, 'status'),
  kind('v1', 'Pod', 'pods', NAMESPACED, 'status'),
  kind('v1', 'ConfigMap', 'configmaps', NAMESPACED),
  kind('v1', 'Event', 'events', NAMESPACED),
  kind('v1', 'Secret', 'secrets', NAMESPACED),
  kind('v1', 'ServiceAccount', 'serviceaccounts', NAMESPACED),
  kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', NAMESPACED, 'status'),
  kind('v1', 'Service', 'services', NAMESPACED, 'status'),
  kind('v1', 'ResourceQuota', 'resourcequotas', NAMESPACED, 'status'),
  kind('v1', 'LimitRange', 'limitranges', NAMESPACED),
  kind('apps/v1', 'Deployment', 'deployments', NAMESPACED, 'status'),
  kind('apps/v1', 'ReplicaSet', 'replicasets', NAMESPACED, 'status'),
  kind('batch/v1', 'Job', 'jobs', NAMESPACED, 'status'),
  kind('batch/v1', 'CronJob', 'cronjobs', NAMESPACED, 'status'),
  kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', NAMESPACED, 'status'),
  kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', NAMESPACED),
  kind('rbac.authorization.k8s.io/v1', 'Role', 'roles', NAMESPACED),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', NAMESPACED),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', CLUSTER),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', CLUSTER),
  kind(
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicy',
    'validatingadmissionpolicies',
    CLUSTER,
  ),
  kind(
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
    CLUSTER,
  ),
  // No status subresource: Kargo and Argo CD write `operation` and `status` as plain fields.
  kind('argoproj.io/v1alpha1', 'Application', 'applications', NAMESPACED),
  kind('argoproj.io/v1alpha1', 'AppProject', 'appprojects', NAMESPACED),
  kind('argoproj.io/v1alpha1', 'AnalysisTemplate', 'analysistemplates', NAMESPACED),
  kind('argoproj.io/v1alpha1', 'ClusterAnalysisTemplate', 'clusteranalysistemplates', CLUSTER),
  kind('argoproj.io/v1alpha1', 'AnalysisRun', 'analysisruns', NAMESPACED),
  kind('kargo.akuity.io/v1alpha1', 'Project', 'projects', CLUSTER, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'ProjectConfig', 'projectconfigs', NAMESPACED, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'Warehouse', 'warehouses', NAMESPACED, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'Stage', 'stages', NAMESPACED, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'Freight', 'freights', NAMESPACED, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'Promotion', 'promotions', NAMESPACED, 'status'),
  kind('kargo.akuity.io/v1alpha1', 'PromotionTask', 'promotiontasks', NAMESPACED),
  kind('kargo.akuity.io/v1alpha1', 'ClusterPromotionTask', 'clusterpromotiontasks', CLUSTER),
];

export function apiVersionOf(kind: Kind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The kind of an object, or undefined if the local cluster does not know it. */
export function findKind(apiVersion: string, name: string): Kind | undefined {
  return BY_KIND.get(`${apiVersion} ${name}`);
}

/** A kind of the table above; an unknown one is a mistake in this program. */
export function knownKind(apiVersion: string, name: string): Kind {
  const found = findKind(apiVersion, name);
  if (found === undefined) throw new Error(`kinds.ts has no ${apiVersion} ${name}`);
  return found;
}

/** The kind behind a URL, such as `apps`, `v1`, `deployments`. */
export function findResource(group: string, version: string, plural: string): Kind | undefined {
  return BY_RESOURCE.get(`${group} ${version} ${plural}`);
}

const BY_KIND = new Map(KINDS.map((each) => [`${apiVersionOf(each)} ${each.kind}`, each]));
const BY_RESOURCE = new Map(
  KINDS.map((each) => [`${each.group} ${each.version} ${each.plural}`, each]),
);

function kind(
  apiVersion: string,
  name: string,
  plural: string,
  namespaced: boolean,
  status?: 'status',
): Kind {
  const [first = '', second] = apiVersion.split('/');
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    kind: name,
    plural,
    namespaced,
    statusSubresource: status === 'status',
  };
}

export const NAMESPACE = knownKind('v1', 'Namespace');
export const POD = knownKind('v1', 'Pod');
export const CONFIG_MAP = knownKind('v1', 'ConfigMap');
export const SECRET = knownKind('v1', 'Secret');
export const SERVICE_ACCOUNT = knownKind('v1', 'ServiceAccount');
export const CLAIM = knownKind('v1', 'PersistentVolumeClaim');
export const DEPLOYMENT = knownKind('apps/v1', 'Deployment');
export const REPLICA_SET = knownKind('apps/v1', 'ReplicaSet');
export const JOB = knownKind('batch/v1', 'Job');
export const CRON_JOB = knownKind('batch/v1', 'CronJob');
export const APPLICATION = knownKind('argoproj.io/v1alpha1', 'Application');
export const APP_PROJECT = knownKind('argoproj.io/v1alpha1', 'AppProject');
export const ANALYSIS_RUN = knownKind('argoproj.io/v1alpha1', 'AnalysisRun');
