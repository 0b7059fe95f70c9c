import type { KubernetesObject } from '../../kargo/step.ts';
import { isContained } from './apply.ts';
import { type Health, healthOf, worstHealth } from './argocd-health.ts';
import { at, list } from './fields.ts';
import { KINDS, type Kind } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import type { ObjectStore } from './store.ts';

/** An object that a branch wants; `kind` is undefined if the cluster does not know it. */
export interface Target {
  readonly kind: Kind | undefined;
  readonly object: KubernetesObject;
}

export interface Comparison {
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown';
  readonly health: Health['status'];
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  /** Tracked by the Application and no longer wanted. */
  readonly leftovers: readonly KubernetesObject[];
  readonly images: readonly string[];
}

const TRACKING_ID = 'argocd.argoproj.io/tracking-id';
const IGNORE_HEALTH = 'argocd.argoproj.io/ignore-healthcheck';

/** The object with the annotation by which Argo CD knows its own: `APP:GROUP/KIND:NAMESPACE/NAME`. */
export function trackingId(
  application: KubernetesObject,
  object: KubernetesObject,
  destination: string,
): KubernetesObject {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
  const place = `${object.metadata.namespace ?? destination}/${object.metadata.name}`;
  const id = `${application.metadata.name}:${group}/${object.kind}:${place}`;
  const annotations = { ...object.metadata.annotations, [TRACKING_ID]: id };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Name of the Application that tracks an object, or undefined. */
export function trackedBy(object: KubernetesObject): string | undefined {
  return object.metadata.annotations?.[TRACKING_ID]?.split(':')[0];
}

/** Compares what the branch wants with what lives. `broken` is for a branch that could not be read: everything is Unknown. */
export function compare(
  store: ObjectStore,
  application: KubernetesObject,
  targets: readonly Target[],
  broken: boolean,
): Comparison {
  const leftovers = tracked(store, application).filter(
    (live) => !targets.some((target) => isSame(target.object, live)),
  );
  const wanted = targets.map(({ kind, object }) => {
    const live =
      kind === undefined ? undefined : store.get(kind, namespaceOf(object), object.metadata.name);
    const synced = live !== undefined && isContained(object, live);
    return { object, live, synced };
  });
  const healths = [...wanted.map(({ live }) => live), ...leftovers].flatMap((live) => {
    const health = live === undefined ? undefined : healthOf(live);
    const ignored = live?.metadata.annotations?.[IGNORE_HEALTH] === 'true';
    return health === undefined || ignored ? [] : [health.status];
  });
  const present = wanted.filter(({ live }) => live !== undefined).length + leftovers.length;
  const missing = present === 0 ? wanted.length : 0;
  const outOfSync = leftovers.length > 0 || wanted.some(({ synced }) => !synced);
  return {
    sync: broken ? 'Unknown' : outOfSync ? 'OutOfSync' : 'Synced',
    health: worstHealth(healths, missing),
    leftovers: broken ? [] : leftovers,
    resources: [
      ...wanted.map(({ object, live, synced }) => ({
        ...identity(object),
        status: synced ? 'Synced' : 'OutOfSync',
        ...healthField(live, 'Missing'),
      })),
      ...leftovers.map((live) => ({
        ...identity(live),
        status: broken ? 'Unknown' : 'OutOfSync',
        ...healthField(live, 'Missing'),
        ...(broken ? {} : { requiresPruning: true }),
      })),
    ],
    images: [
      ...new Set(wanted.flatMap(({ live }) => (live === undefined ? [] : imagesOf(live)))),
    ].sort(),
  };
}

function tracked(store: ObjectStore, application: KubernetesObject): readonly KubernetesObject[] {
  const { name } = application.metadata;
  return KINDS.flatMap((kind) => store.list(kind)).filter((object) => {
    if (trackedBy(object) !== name) return false;
    // What a controller made carries the annotations of its template; it is not Argo CD's own.
    return list(object.metadata['ownerReferences']).length === 0;
  });
}

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
  return (
    a.kind === b.kind &&
    a.apiVersion === b.apiVersion &&
    a.metadata.name === b.metadata.name &&
    namespaceOf(a) === namespaceOf(b)
  );
}

function identity(object: KubernetesObject): Readonly<Record<string, unknown>> {
  const [group, version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  return {
    ...(group === '' ? {} : { group }),
    version,
    kind: object.kind,
    ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    name: object.metadata.name,
  };
}

function healthField(live: KubernetesObject | undefined, absent: 'Missing'): object {
  if (live === undefined) return { health: { status: absent } };
  const health = healthOf(live);
  return health === undefined ? {} : { health };
}

function imagesOf(object: KubernetesObject): readonly string[] {
  const template =
    at(object, 'spec', 'template', 'spec') ??
    at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
  return list(at(template, 'containers')).map((each) => String(at(each, 'image')));
}
