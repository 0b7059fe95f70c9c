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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Another key of the ConfigMap: a verdict, a time.
    return null;
  }
}
