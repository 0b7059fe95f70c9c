import { type Evidence, evidence } from '../../runtime/gates/evidence.ts';
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

/** Deletes the latest verdicts of a stage's gates; the names of what is gone. */
export function loseEvidence(
  cluster: LocalCluster,
  namespace: string,
  stage: string,
): readonly string[] {
  const selector = `orderbooks-evidence=latest,orderbooks-stage=${stage}`;
  const names = cluster
    .list('v1', 'ConfigMap', namespace, selector)
    .map(({ metadata }) => metadata.name);
  for (const name of names) cluster.delete('v1', 'ConfigMap', namespace, name);
  return names;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Another key of the ConfigMap: a verdict, a time.
    return null;
  }
}
