import type { KubernetesObject } from '../../kargo/step.ts';
import { at, fields, list, stringFields } from './fields.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { kindOf, namespaceOf } from './object-identity.ts';

/** A pod made from the template of its owner; the name is given by the store. */
export function podFromTemplate(
  owner: KubernetesObject,
  template: unknown,
  labels: Readonly<Record<string, string>>,
): KubernetesObject {
  const metadata = fields(at(template, 'metadata'));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: namespaceOf(owner),
      labels: { ...stringFields(metadata['labels']), ...labels },
      annotations: stringFields(metadata['annotations']),
      ownerReferences: [ownerReference(owner)],
    } as unknown as KubernetesObject['metadata'],
    spec: at(template, 'spec'),
  };
}

export function ownerReference(owner: KubernetesObject): Readonly<Record<string, unknown>> {
  return {
    apiVersion: apiVersionOf(kindOf(owner)),
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata['uid'],
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** `namespace/name` of the owner of that kind, or undefined. */
export function ownerKey(object: KubernetesObject, kind: Kind): string | undefined {
  const owner = list(object.metadata['ownerReferences']).find(
    (each) => at(each, 'kind') === kind.kind && at(each, 'controller') === true,
  );
  return owner === undefined ? undefined : `${namespaceOf(object)}/${String(at(owner, 'name'))}`;
}

export function ownedBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return list(object.metadata['ownerReferences']).some(
    (each) => at(each, 'uid') === owner.metadata['uid'],
  );
}

export function isReady(pod: KubernetesObject): boolean {
  return list(at(pod, 'status', 'conditions')).some(
    (each) => at(each, 'type') === 'Ready' && at(each, 'status') === 'True',
  );
}

/** Neither ended nor being deleted: counts as a replica, as in Kubernetes. */
export function isActive(pod: KubernetesObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return (
    phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata['deletionTimestamp'] === undefined
  );
}

/** Splits `namespace/name`. */
export function splitKey(key: string): readonly [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
