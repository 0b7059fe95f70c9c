import type { KubernetesObject } from '../kargo/step.ts';
import { effectOf, groupKind, type SyncPolicy } from './effect.ts';
import { fieldChanges } from './field-diff.ts';
import type { ObjectChange } from './result.ts';

/** What differs between two renders, object by object, and what Argo CD makes of it. */
export function objectChanges(
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
  policy: SyncPolicy,
): { readonly objects: readonly ObjectChange[]; readonly unchanged: number } {
  const old = new Map(before.map((object) => [idOf(object), object]));
  const fresh = new Map(after.map((object) => [idOf(object), object]));
  const removed = [...old].filter(([id]) => !fresh.has(id)).map(([, object]) => object);
  const added = [...fresh].filter(([id]) => !old.has(id)).map(([, object]) => object);
  const pairs = removed.flatMap((gone) => {
    const heir = added.find((object) => isRenamed(gone, object));
    return heir === undefined ? [] : [{ gone, heir }];
  });
  const changed = [...old].flatMap(([id, object]) => {
    const now = fresh.get(id);
    const differing = now === undefined ? [] : fieldChanges(object, now);
    return now === undefined || differing.length === 0 ? [] : [{ id, now, differing }];
  });
  const objects: readonly ObjectChange[] = [
    ...added
      .filter((object) => !pairs.some(({ heir }) => heir === object))
      .map((object) => described('added', idOf(object), object, [], policy)),
    ...removed
      .filter((object) => !pairs.some(({ gone }) => gone === object))
      .map((object) => described('removed', idOf(object), object, [], policy)),
    ...pairs.map(({ gone, heir }) =>
      described('renamed', idOf(heir), heir, fieldChanges(gone, heir), policy),
    ),
    ...changed.map(({ id, now, differing }) => described('changed', id, now, differing, policy)),
  ];
  const unchanged = [...old.keys()].filter((id) => fresh.has(id)).length - changed.length;
  return { objects, unchanged };
}

/** `Kind namespace/name`, with the group where the kind alone would not say which. */
export function idOf(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  return `${groupKind(object).replace(/^\//, '')} ${place}`;
}

function described(
  change: ObjectChange['change'],
  id: string,
  object: KubernetesObject,
  differing: ObjectChange['fields'],
  policy: SyncPolicy,
): ObjectChange {
  return { change, id, fields: differing, ...effectOf(change, object, differing, policy) };
}

/** Kustomize's suffix of generated names: ten characters of a hash. */
const HASH = /-[a-z0-9]{10}$/;

function isRenamed(gone: KubernetesObject, heir: KubernetesObject): boolean {
  return (
    groupKind(gone) === groupKind(heir) &&
    gone.metadata.namespace === heir.metadata.namespace &&
    HASH.test(gone.metadata.name) &&
    HASH.test(heir.metadata.name) &&
    gone.metadata.name.replace(HASH, '') === heir.metadata.name.replace(HASH, '')
  );
}
