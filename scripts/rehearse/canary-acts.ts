import type { Freight } from '../kargo/step.ts';
import type { Ending } from './acts.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import type { Fault } from './faults.ts';
import type { Manifests } from './manifests.ts';
import type { Progress } from './progress.ts';
import { fingerprint } from './promotion-outcome.ts';
import type { Rehearsal } from './rehearsal.ts';

export interface CanaryStage {
  readonly rehearsal: Rehearsal;
  readonly cluster: LocalCluster;
  readonly manifests: Manifests;
  readonly progress: Progress;
  readonly timed: <T>(what: string, act: () => Promise<T>) => Promise<T>;
}

/**
 * Releases version 2 to the canary and has its gates judge it; somebody tries to promote to full what they refuse.
 * `ending` is null when they passed a version without a fault.
 */
export async function throughCanary(
  { rehearsal, cluster, manifests, progress, timed }: CanaryStage,
  fault: Fault | null,
): Promise<{ readonly freight: Freight; readonly ending: Ending | null }> {
  progress.act(
    fault === null
      ? 'Version 2 reaches the canary'
      : `Version 2, with the defect ${fault.name}, reaches the canary`,
  );
  const freight = await timed('version 2 to canary', async () => {
    const found = await rehearsal.release(2, fault);
    await rehearsal.toCanary();
    return found;
  });
  const canary = await timed('canary verification', () => rehearsal.verify('canary'));
  if (canary.phase === 'Successful')
    return { freight, ending: fault === null ? null : escaped(fault) };
  progress.act('Somebody tries to promote version 2 to full');
  const before = fingerprint(cluster, manifests);
  const refused = await rehearsal.toFull(freight, 2);
  const fullUntouched = fingerprint(cluster, manifests) === before;
  if (!refused.refused) {
    const summary = 'The canary was refused and full was promoted all the same.';
    return { freight, ending: { verdict: 'ESCAPED', summary, refusedPromotion: null } };
  }
  progress.note(`refused: ${refused.message}`, 'good');
  const failed =
    canary.evidence?.checks.filter((check) => check.status === 'fail').map((check) => check.id) ??
    [];
  return {
    freight,
    ending: {
      ...refusal(fault, failed, canary.evidence?.reason ?? canary.message),
      refusedPromotion: { message: refused.message, fullUntouched },
    },
  };
}

function escaped({ name, check }: Fault): Ending {
  return {
    verdict: 'ESCAPED',
    summary: `The gates passed a release with the defect ${name}: check ${check} did not see it.`,
    refusedPromotion: null,
  };
}

function refusal(
  fault: Fault | null,
  failed: readonly string[],
  reason: string,
): Pick<Ending, 'verdict' | 'summary'> {
  if (fault === null)
    return { verdict: 'REFUSED', summary: `The canary's gates refused version 2: ${reason}` };
  if (failed.includes(fault.check)) {
    return {
      verdict: 'REFUSED',
      summary: `The canary's gates refused the defect ${fault.name} by the check meant for it, ${fault.check}.`,
    };
  }
  return {
    verdict: 'ESCAPED',
    summary: `The canary's gates refused the defect ${fault.name}, but not by ${fault.check}: ${failed.join(', ') || reason}.`,
  };
}
