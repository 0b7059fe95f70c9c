import type { KubernetesObject } from '../../kargo/step.ts';
import { ApiError, invalid, notFound, qualified } from './api-error.ts';
import { at, canonical, fields, stringFields, text } from './fields.ts';
import { type Kind, NAMESPACE, SERVICE_ACCOUNT } from './kinds.ts';
import { objectSelector } from './selector.ts';

/** What admission needs to see of the cluster. */
export interface AdmissionView {
  get(kind: Kind, namespace: string, name: string): KubernetesObject | undefined;
}

const NAME_LIMIT = 253;
/** Names of these become label values or host names. */
const SHORT_NAME_LIMIT = 63;
const SHORT_NAMED = new Set(['Namespace', 'Job', 'Service']);
const CRON_JOB_NAME_LIMIT = 52;

/**
 * The refusals of a real API server that a wrong manifest or a wrong client of this project would meet; the schemas of whole objects
 * are checked elsewhere (validate). Returns the object with the defaults that the controllers rely on.
 */
export function admitCreate(
  kind: Kind,
  object: KubernetesObject,
  view: AdmissionView,
): KubernetesObject {
  checkName(kind, object);
  checkLabels(kind, object);
  checkNamespace(kind, object, view);
  switch (kind.kind) {
    case 'Pod':
      return checkPod(kind, object, view);
    case 'Deployment':
      return checkDeployment(kind, object);
    case 'Job':
      return checkJob(kind, object);
    case 'CronJob':
      checkRestartPolicy(
        kind,
        object,
        at(object, 'spec', 'jobTemplate', 'spec'),
        'spec.jobTemplate.spec',
      );
      return withStatus(object);
    case 'Secret':
      return withStringData(object);
    case 'Namespace':
      return { ...object, status: { phase: 'Active' } };
    default:
      return object;
  }
}

/** Refuses changes that Kubernetes refuses: immutable data, selectors and templates. */
export function admitUpdate(kind: Kind, before: KubernetesObject, next: KubernetesObject): void {
  checkLabels(kind, next);
  const { name } = before.metadata;
  const same = (...path: readonly string[]): boolean =>
    canonical(at(before, ...path)) === canonical(at(next, ...path));
  if ((kind.kind === 'ConfigMap' || kind.kind === 'Secret') && before['immutable'] === true) {
    for (const field of ['data', 'binaryData', 'immutable']) {
      if (!same(field)) {
        const why = `${field}: Forbidden: field is immutable when \`immutable\` is set`;
        throw invalid(kind, name, why);
      }
    }
  }
  if (kind.kind === 'Deployment' && !same('spec', 'selector')) {
    throw invalid(kind, name, 'spec.selector: Invalid value: field is immutable');
  }
  if (kind.kind === 'Deployment') checkStrategy(kind, next);
  if (kind.kind === 'Job' && !same('spec', 'template')) {
    throw invalid(kind, name, 'spec.template: Invalid value: field is immutable');
  }
  if (kind.kind.endsWith('RoleBinding') && !same('roleRef')) {
    throw invalid(kind, name, 'roleRef: Invalid value: cannot change roleRef');
  }
}

function checkName(kind: Kind, object: KubernetesObject): void {
  const { name } = object.metadata;
  if (name === '') throw invalid(kind, '', 'metadata.name: Required value: name is required');
  // Names of RBAC objects may be anything that fits into a path.
  if (kind.group === 'rbac.authorization.k8s.io') return;
  const limit =
    kind.kind === 'CronJob'
      ? CRON_JOB_NAME_LIMIT
      : SHORT_NAMED.has(kind.kind)
        ? SHORT_NAME_LIMIT
        : NAME_LIMIT;
  if (name.length > limit) {
    const why = `metadata.name: Invalid value: "${name}": must be no more than ${limit} characters`;
    throw invalid(kind, name, why);
  }
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    const why =
      `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ` +
      'and must start and end with an alphanumeric character';
    throw invalid(kind, name, why);
  }
}

function checkLabels(kind: Kind, object: KubernetesObject): void {
  for (const [key, value] of Object.entries(fields(object.metadata.labels))) {
    if (
      typeof value === 'string' &&
      /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value)
    )
      continue;
    const why =
      `metadata.labels: Invalid value: ${JSON.stringify(value)} (label ${key}): a valid label must be an empty string or consist of at most 63 ` +
      "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    throw invalid(kind, object.metadata.name, why);
  }
}

function checkNamespace(kind: Kind, object: KubernetesObject, view: AdmissionView): void {
  if (!kind.namespaced) return;
  const namespace = object.metadata.namespace ?? '';
  const found = view.get(NAMESPACE, '', namespace);
  if (found === undefined) throw notFound(NAMESPACE, namespace);
  if (found.metadata['deletionTimestamp'] !== undefined) {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(kind, object.metadata.name, why);
  }
}

function checkPod(kind: Kind, object: KubernetesObject, view: AdmissionView): KubernetesObject {
  const namespace = object.metadata.namespace ?? '';
  const account = text(at(object, 'spec', 'serviceAccountName')) ?? 'default';
  if (view.get(SERVICE_ACCOUNT, namespace, account) === undefined) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
    throw forbidden(kind, object.metadata.name, why);
  }
  return {
    ...object,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...fields(object['spec']),
      serviceAccountName: account,
    },
    status: { phase: 'Pending' },
  };
}

function checkDeployment(kind: Kind, object: KubernetesObject): KubernetesObject {
  const { name } = object.metadata;
  checkStrategy(kind, object);
  const selector = at(object, 'spec', 'selector');
  if (selector === undefined) throw invalid(kind, name, 'spec.selector: Required value');
  const labels = stringFields(at(object, 'spec', 'template', 'metadata', 'labels'));
  if (!objectSelector(selector)(labels)) {
    const why = `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``;
    throw invalid(kind, name, why);
  }
  return withStatus({
    ...object,
    spec: { replicas: 1, progressDeadlineSeconds: 600, ...fields(object['spec']) },
  });
}

/** Not Kubernetes' rule but this cluster's: two writers must never share a data volume. */
function checkStrategy(kind: Kind, object: KubernetesObject): void {
  const strategy = at(object, 'spec', 'strategy', 'type') ?? 'RollingUpdate';
  if (strategy === 'Recreate') return;
  const why =
    `spec.strategy.type: Unsupported value: "${String(strategy)}": the local cluster of the rehearsal supports only Recreate, ` +
    'because two recorders must never share a data volume';
  throw invalid(kind, object.metadata.name, why);
}

function checkJob(kind: Kind, object: KubernetesObject): KubernetesObject {
  checkRestartPolicy(kind, object, object['spec'], 'spec');
  for (const field of ['completions', 'parallelism']) {
    const value = at(object, 'spec', field) ?? 1;
    if (value === 1) continue;
    const why = `spec.${field}: Unsupported value: ${String(value)}: the local cluster of the rehearsal runs one pod at a time`;
    throw invalid(kind, object.metadata.name, why);
  }
  return withStatus({
    ...object,
    spec: { backoffLimit: 6, completions: 1, parallelism: 1, ...fields(object['spec']) },
  });
}

function checkRestartPolicy(
  kind: Kind,
  object: KubernetesObject,
  spec: unknown,
  path: string,
): void {
  const policy = at(spec, 'template', 'spec', 'restartPolicy');
  if (policy === 'Never' || policy === 'OnFailure') return;
  const field = `${path}.template.spec.restartPolicy`;
  const why =
    policy === undefined
      ? `${field}: Required value: valid values: "OnFailure", "Never"`
      : `${field}: Unsupported value: "${String(policy)}": supported values: "OnFailure", "Never"`;
  throw invalid(kind, object.metadata.name, why);
}

function withStatus(object: KubernetesObject): KubernetesObject {
  return { ...object, status: {} };
}

function withStringData(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  const encoded = Object.entries(stringFields(stringData)).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...rest, data: { ...fields(object['data']), ...Object.fromEntries(encoded) } };
}

function forbidden(kind: Kind, name: string, why: string): ApiError {
  return new ApiError(403, 'Forbidden', `${qualified(kind)} "${name}" is forbidden: ${why}`, {
    name,
    kind: kind.plural,
  });
}
