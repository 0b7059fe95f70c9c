import { type Evidence, evidence } from '../../runtime/gates/evidence.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import type { LocalCluster } from './cluster/cluster.ts';

/** Evidence documents kept in a namespace, newest first: the immutable ConfigMap of each run. */
export function evidenceDocuments(cluster: LocalCluster, namespace: string): readonly Evidence[] {
  return cluster
    .list('v1', 'ConfigMap', namespace)
    .filter((object) => object['immutable'] === true)
    .flatMap((object) => Object.values((object['data'] ?? {}) as Record<string, string>))
    .flatMap((text) => {
      const parsed = evidence.safeParse(jsonOf(text));
      return parsed.success ? [parsed.data] : [];
    })
    .sort((left, right) => (left.started_at < right.started_at ? 1 : -1));
}

/** Deletes the latest verdicts of a stage's gates; what is gone, so that it can come back. */
export function loseEvidence(
  cluster: LocalCluster,
  namespace: string,
  stage: string,
): readonly KubernetesObject[] {
  const selector = `orderbooks-evidence=latest,orderbooks-stage=${stage}`;
  const found = cluster.list('v1', 'ConfigMap', namespace, selector);
  for (const { metadata } of found) cluster.delete('v1', 'ConfigMap', namespace, metadata.name);
  return found;
}

/** Writes evidence that was deleted again, as it was. */
export function restoreEvidence(cluster: LocalCluster, lost: readonly KubernetesObject[]): void {
  cluster.apply(
    lost.map((object) => {
      const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
      return { ...object, metadata } as KubernetesObject;
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Another key of the ConfigMap: a verdict, a time.
    return null;
  }
}
