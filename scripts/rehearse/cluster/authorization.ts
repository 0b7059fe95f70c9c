import type { KubernetesObject } from '../../kargo/step.ts';
import { ApiError } from './api-error.ts';
import { at, list, strings, text } from './fields.ts';
import type { Identity } from './identities.ts';
import { MASTERS, serviceAccountUser } from './identities.ts';
import { type Kind, knownKind } from './kinds.ts';
import type { ObjectStore } from './store.ts';

/** What a request wants to do, in the terms of RBAC. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** With subresource, as in `pods/log`. */
  readonly resource: string;
  /** Empty for cluster-scoped access and for access to all namespaces. */
  readonly namespace: string;
  /** Empty where none is named. */
  readonly name: string;
}

const ROLE = rbac('Role');
const ROLE_BINDING = rbac('RoleBinding');
const CLUSTER_ROLE = rbac('ClusterRole');
const CLUSTER_ROLE_BINDING = rbac('ClusterRoleBinding');

/** Whether the Roles and bindings in the store allow the access. Nothing else does, but for `system:masters`. */
export function isAllowed(store: ObjectStore, identity: Identity, access: Access): boolean {
  if (identity.groups.includes(MASTERS)) return true;
  const everywhere = store
    .list(CLUSTER_ROLE_BINDING)
    .filter((binding) => concerns(binding, identity))
    .map((binding) => roleOf(store, binding, ''));
  const here =
    access.namespace === ''
      ? []
      : store
          .list(ROLE_BINDING, access.namespace)
          .filter((binding) => concerns(binding, identity))
          .map((binding) => roleOf(store, binding, access.namespace));
  return [...everywhere, ...here].some((role) =>
    list(role?.['rules']).some((rule) => permits(rule, access)),
  );
}

/** The refusal in Kubernetes' words. */
export function forbidden(identity: Identity, access: Access): ApiError {
  const { verb, group, resource, namespace, name } = access;
  const plain = resource.split('/')[0] ?? resource;
  const subject = `${group === '' ? plain : `${plain}.${group}`}${name === '' ? '' : ` "${name}"`}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new ApiError(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${identity.user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plain },
  );
}

function permits(rule: unknown, access: Access): boolean {
  const { verb, group, resource, name } = access;
  const subresource = resource.split('/')[1];
  const names = strings(at(rule, 'resourceNames'));
  return (
    matches(strings(at(rule, 'verbs')), verb) &&
    matches(strings(at(rule, 'apiGroups')), group) &&
    strings(at(rule, 'resources')).some(
      (each) =>
        each === '*' ||
        each === resource ||
        (subresource !== undefined && each === `*/${subresource}`),
    ) &&
    (names.length === 0 || names.includes(name))
  );
}

function concerns(binding: KubernetesObject, identity: Identity): boolean {
  return list(binding['subjects']).some((subject) => {
    const name = text(at(subject, 'name')) ?? '';
    switch (at(subject, 'kind')) {
      case 'ServiceAccount':
        return serviceAccountUser(text(at(subject, 'namespace')) ?? '', name) === identity.user;
      case 'User':
        return name === identity.user;
      case 'Group':
        return identity.groups.includes(name);
      default:
        return false;
    }
  });
}

function roleOf(
  store: ObjectStore,
  binding: KubernetesObject,
  namespace: string,
): KubernetesObject | undefined {
  const name = text(at(binding, 'roleRef', 'name')) ?? '';
  return at(binding, 'roleRef', 'kind') === 'ClusterRole'
    ? store.get(CLUSTER_ROLE, '', name)
    : store.get(ROLE, namespace, name);
}

function matches(allowed: readonly string[], value: string): boolean {
  return allowed.includes('*') || allowed.includes(value);
}

function rbac(kind: string): Kind {
  return knownKind('rbac.authorization.k8s.io/v1', kind);
}
