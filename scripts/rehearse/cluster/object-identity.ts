import type { KubernetesObject } from '../../kargo/step.ts';
import { badRequest } from './api-error.ts';
import { findKind, type Kind } from './kinds.ts';

/** The kind of an object. Throws a BadRequest if the local cluster does not know it. */
export function kindOf(object: KubernetesObject): Kind {
  const kind = findKind(object.apiVersion, object.kind);
  if (kind !== undefined) return kind;
  throw badRequest(
    `no matches for kind "${object.kind}" in version "${object.apiVersion}": the local cluster of the rehearsal does not know it ` +
      '(scripts/rehearse/cluster/kinds.ts)',
  );
}

/** Empty for cluster-scoped objects. */
export function namespaceOf(object: KubernetesObject): string {
  return object.metadata.namespace ?? '';
}

/** The object with the namespace that it belongs to: `default` if none is said, none if its kind has none. */
export function placed(kind: Kind, object: KubernetesObject): KubernetesObject {
  const { namespace, ...metadata } = object.metadata;
  if (!kind.namespaced) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, namespace: namespace ?? 'default' } };
}

/** Identifies an object among those of its kind. */
export function objectKey(kind: Kind, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

/** Sorts by namespace, then name. */
export function sortKey(object: KubernetesObject): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}
