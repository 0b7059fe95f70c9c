/** One rule of a Kubernetes Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * What the verifier does in the namespace of the workloads that it judges, and nothing else. The Roles in the
 * Kubernetes manifests are written from this list, and a test compares it with the requests of a whole run.
 */
export const WORKLOAD_RULES: readonly PolicyRule[] = [
  // Finds the recorder and the pods of its own Jobs; deletes the recorder's pod to provoke a restart.
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
  // Reports of inspectors, log tails of what failed, `/metrics` of the recorder.
  { apiGroups: [''], resources: ['pods/log', 'pods/proxy'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
  // The template of inspector and one-off upload Jobs.
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get', 'delete'] },
];

/** What the verifier of another stage reads in production: is the collector as it was? */
export const PRODUCTION_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
];

/**
 * What the verifier does in the namespace of the Kargo Project: it writes evidence, deletes the oldest (which ConfigMaps
 * those are is said by the admission policy orderbooks-verifier-evidence), and tells the Stage its verdict.
 */
export const PROJECT_RULES: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['create', 'get', 'update', 'list', 'delete'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];

/** What it reads there: what the Stage's last promotion brought, and where. */
export const STAGE_RULES: readonly PolicyRule[] = [
  { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get'] },
];

/** What the verifier reads of Argo CD, in the namespace of its Applications. */
export const ARGOCD_NAMESPACE = 'argocd';
export const ARGOCD_RULES: readonly PolicyRule[] = [
  { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get'] },
];

/** What the evidence service reads in the namespace of the Kargo Project; it writes nothing. */
export const EVIDENCE_READER_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
  // Of verifiers that have left no evidence yet: their pods, and what those said so far.
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
];
