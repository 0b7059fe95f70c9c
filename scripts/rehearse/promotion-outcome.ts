import type { LocalCluster } from './cluster/cluster.ts';
import type { CompletedPromotion } from './delivery.ts';
import type { Manifests } from './manifests.ts';

const GATE = /^(market-gate|evidence-gate|market-gate-before-push)::/;

/** The step of a gate that refused a promotion; null if it succeeded or failed elsewhere. */
export function refusingGate({ result }: CompletedPromotion): string | null {
  if (result.phase === 'Succeeded') return null;
  const step = result.steps.find(({ status }) => status === 'Failed' || status === 'Errored');
  return step !== undefined && GATE.test(step.alias) ? step.alias : null;
}

/** What full runs: its pods and the commit of its rendered branch. */
export function fingerprint(cluster: LocalCluster, manifests: Manifests): string {
  const pods = cluster
    .list('v1', 'Pod', manifests.namespaces.get('full') ?? '')
    .map(({ metadata, status }) => [
      metadata['uid'],
      (status as { containerStatuses?: { imageID?: string; restartCount?: number }[] })
        ?.containerStatuses?.[0],
    ]);
  const application = cluster.get(
    'argoproj.io/v1alpha1',
    'Application',
    'argocd',
    'orderbooks-full',
  );
  const sync = (application?.['status'] as { sync?: { revision?: string } } | undefined)?.sync
    ?.revision;
  return JSON.stringify([pods, sync]);
}
