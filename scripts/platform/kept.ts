import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';

/** Something that uninstalling must leave as it is. */
export interface Kept {
  /** Such as `PersistentVolumeClaim orderbooks/orderbooks-data`. */
  readonly object: string;
  readonly uid: string;
}

/** The workloads' namespaces, and the one with the evidence of every promotion. */
export const KEPT_NAMESPACES = [CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT] as const;

/** Kinds in those namespaces that are data or history, or that record frames at this very moment. */
const KEPT_KINDS = [
  'persistentvolumeclaims',
  'secrets',
  'configmaps',
  'deployments.apps',
  'cronjobs.batch',
  'freights.kargo.akuity.io',
  'stages.kargo.akuity.io',
  'promotions.kargo.akuity.io',
  'analysisruns.argoproj.io',
] as const;

const anything = z.object({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    namespace: z.string().optional(),
    deletionTimestamp: z.string().optional(),
  }),
});
const volume = anything.extend({
  spec: z.object({ claimRef: z.object({ namespace: z.string() }).partial().optional() }),
});

/** What is there now and must be there afterwards. */
export async function takeStock(kubectl: Kubectl): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const one of await kubectl.list('persistentvolumes', null, volume)) {
    if ((KEPT_NAMESPACES as readonly string[]).includes(one.spec.claimRef?.namespace ?? '')) {
      kept.push(nameOf(one));
    }
  }
  for (const namespace of KEPT_NAMESPACES) {
    const found = await kubectl.find('namespace', namespace, null, anything);
    if (found === null) continue;
    kept.push(nameOf(found));
    // At once: each call of kubectl looks the cluster's kinds up first.
    const objects = await Promise.all(
      KEPT_KINDS.map((kind) => kubectl.list(kind, namespace, anything)),
    );
    kept.push(...objects.flat().filter(isLasting).map(nameOf));
  }
  return kept;
}

/**
 * Compares what is there now with the stock taken before.
 *
 * @throws ClusterError DATA_MISSING naming each object that is gone or another one of the same name
 */
export async function proveKept(kubectl: Kubectl, before: readonly Kept[]): Promise<string> {
  const now = new Map((await takeStock(kubectl)).map(({ object, uid }) => [object, uid]));
  const gone = before.filter(({ object, uid }) => now.get(object) !== uid);
  if (gone.length > 0) {
    throw new ClusterError(
      'DATA_MISSING',
      `not there any more, or replaced: ${gone.map(({ object }) => object).join(', ')}; a PersistentVolume with Retain keeps its data: do not delete it, and restore the claim first`,
    );
  }
  const kinds = new Map<string, number>();
  for (const { object } of before) {
    const kind = object.split(' ')[0] ?? '';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `the same objects as before, by uid: ${counts || 'none were there'}`;
}

/** Root certificates are written anew by Kubernetes, tokens and leases by others; what is on its way out is none. */
function isLasting({ metadata }: z.infer<typeof anything>): boolean {
  return metadata.name !== 'kube-root-ca.crt' && metadata.deletionTimestamp === undefined;
}

function nameOf({ kind, metadata }: z.infer<typeof anything>): Kept {
  const where = metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
  return { object: `${kind} ${where}${metadata.name}`, uid: metadata.uid };
}
