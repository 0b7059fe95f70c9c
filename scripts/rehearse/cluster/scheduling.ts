import type { KubernetesObject } from '../../kargo/step.ts';
import { at, list, stringFields, strings, text } from './fields.ts';
import { CLAIM, POD } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { Obstacle } from './pod-fields.ts';
import type { PodSpec } from './pod-spec.ts';
import { objectSelector } from './selector.ts';
import type { ObjectStore } from './store.ts';

/**
 * Throws an Obstacle while the scheduler of a real cluster with one node would not place the pod: a claim that is missing or in
 * use (ReadWriteOncePod), or a required pod affinity with nobody to be near to.
 */
export function requireSchedulable(store: ObjectStore, pod: KubernetesObject, spec: PodSpec): void {
  const namespace = namespaceOf(pod);
  for (const { persistentVolumeClaim } of spec.volumes) {
    if (persistentVolumeClaim === undefined) continue;
    const name = persistentVolumeClaim.claimName;
    const claim = store.get(CLAIM, namespace, name);
    if (claim === undefined) {
      const why = `0/1 nodes are available: persistentvolumeclaim "${name}" not found.`;
      throw new Obstacle('Unschedulable', why);
    }
    const exclusive = strings(at(claim, 'spec', 'accessModes')).includes('ReadWriteOncePod');
    if (exclusive && placedPods(store, pod, namespace).some((other) => usesClaim(other, name))) {
      const why =
        '0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.';
      throw new Obstacle('Unschedulable', why);
    }
  }
  for (const [affinity, wanted] of [
    ['podAffinity', true],
    ['podAntiAffinity', false],
  ] as const) {
    const path = [affinity, 'requiredDuringSchedulingIgnoredDuringExecution'];
    for (const term of list(at(pod, 'spec', 'affinity', ...path))) {
      const near = hasNeighbour(store, pod, term) || (wanted && matchesItself(pod, term));
      if (near === wanted) continue;
      const rule = wanted ? 'affinity' : 'anti-affinity';
      const why = `0/1 nodes are available: 1 node(s) didn't match pod ${rule} rules.`;
      throw new Obstacle('Unschedulable', why);
    }
  }
}

function hasNeighbour(store: ObjectStore, pod: KubernetesObject, term: unknown): boolean {
  const matches = objectSelector(at(term, 'labelSelector'));
  return termNamespaces(pod, term).some((namespace) =>
    placedPods(store, pod, namespace).some((other) => matches(stringFields(other.metadata.labels))),
  );
}

/** The first pod of a group that wants to be near itself may start, as in Kubernetes. */
function matchesItself(pod: KubernetesObject, term: unknown): boolean {
  const matches = objectSelector(at(term, 'labelSelector'));
  return (
    termNamespaces(pod, term).includes(namespaceOf(pod)) &&
    matches(stringFields(pod.metadata.labels))
  );
}

function termNamespaces(pod: KubernetesObject, term: unknown): readonly string[] {
  const named = strings(at(term, 'namespaces'));
  return named.length > 0 ? named : [namespaceOf(pod)];
}

/** Other pods on the node that have not ended. */
function placedPods(
  store: ObjectStore,
  pod: KubernetesObject,
  namespace: string,
): readonly KubernetesObject[] {
  return store.list(POD, namespace).filter((other) => {
    const phase = at(other, 'status', 'phase');
    return (
      other.metadata['uid'] !== pod.metadata['uid'] &&
      at(other, 'spec', 'nodeName') !== undefined &&
      phase !== 'Succeeded' &&
      phase !== 'Failed'
    );
  });
}

function usesClaim(pod: KubernetesObject, claim: string): boolean {
  return list(at(pod, 'spec', 'volumes')).some(
    (volume) => text(at(volume, 'persistentVolumeClaim', 'claimName')) === claim,
  );
}
