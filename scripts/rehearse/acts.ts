import type { Freight } from '../kargo/step.ts';
import { throughCanary } from './canary-acts.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import type { CompletedPromotion, RefusedPromotion } from './delivery.ts';
import { RehearsalError } from './error.ts';
import { faultTrials } from './fault-trials.ts';
import type { Manifests } from './manifests.ts';
import type { Progress } from './progress.ts';
import { fingerprint, refusingGate } from './promotion-outcome.ts';
import type { Rehearsal } from './rehearsal.ts';
import type { FaultTrial, RehearsalResult, Trial, Verdict } from './result.ts';
import type { RehearseOptions, SetUp } from './run.ts';
import { DEFAULT_SCENARIO, type Scenario } from './scenarios.ts';
import { type SeriesStage, seriesActs } from './series-acts.ts';

/** How it ended. */
export interface Ending {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly refusedPromotion: RehearsalResult['refusedPromotion'];
  /** Each scenario of a series. */
  readonly trials?: readonly Trial[];
  /** Each defect of several. */
  readonly faultTrials?: readonly FaultTrial[];
}

/** Both releases through the stages; how it ended. */
export async function actsOf(
  rehearsal: Rehearsal,
  {
    fault,
    faults,
    until,
    progress,
    scenario,
    series,
    signal,
  }: RehearseOptions & { readonly scenario: Scenario },
  { cluster, manifests, setMarket }: SetUp & Pick<SeriesStage, 'setMarket'>,
  timed: <T>(what: string, act: () => Promise<T>) => Promise<T>,
): Promise<Ending> {
  progress.act('Version 1 runs in both stages');
  const first = await timed('version 1', async () => {
    const found = await rehearsal.release(1);
    await rehearsal.establish(found);
    return found;
  });

  const stage = { rehearsal, cluster, manifests, progress, timed };
  if (faults !== undefined) return faultTrials(faults, { ...stage, signal });
  const { freight, ending } = await throughCanary(stage, fault);
  if (ending !== null) return ending;
  if (until === 'canary') {
    return {
      verdict: 'PROMOTED',
      summary: 'Version 2 runs in the canary and its gates passed.',
      refusedPromotion: null,
    };
  }
  if (series !== undefined) {
    return timed('scenarios', () =>
      seriesActs(series, {
        rehearsal,
        cluster,
        manifests,
        progress,
        first,
        second: freight,
        setMarket,
      }),
    );
  }
  return judged(
    scenario,
    await personsPart(rehearsal, scenario, { progress, cluster, manifests, freight, first, timed }),
  );
}

interface PersonsPart {
  readonly progress: Progress;
  readonly cluster: LocalCluster;
  readonly manifests: Manifests;
  /** Version 2. */
  readonly freight: Freight;
  /** Version 1. */
  readonly first: Freight;
  readonly timed: <T>(what: string, act: () => Promise<T>) => Promise<T>;
}

type PersonsEnding = Ending & { readonly refusedBy: string | null };

/** What a person does with a Freight that the canary's gates have passed, as the scenario has it. */
async function personsPart(
  rehearsal: Rehearsal,
  scenario: Scenario,
  { progress, cluster, manifests, freight, first, timed }: PersonsPart,
): Promise<PersonsEnding> {
  progress.act(
    scenario.name === DEFAULT_SCENARIO.name
      ? 'A person promotes version 2 to full'
      : `A person promotes version 2 to full: ${scenario.name}`,
  );
  if (scenario.ticket) rehearsal.fileTicket(freight, 2);
  if (scenario.evidenceLost) rehearsal.loseEvidence('canary');
  const attempt = async (target: Freight, version: 1 | 2): Promise<PersonsEnding | null> => {
    const before = fingerprint(cluster, manifests);
    const promotion = requireAdmitted(await rehearsal.toFull(target, version));
    const refusedBy = refusingGate(promotion);
    if (promotion.result.phase === 'Succeeded') return null;
    if (refusedBy === null) {
      throw new RehearsalError(
        'PROMOTION_FAILED',
        `promotion ${promotion.name} ended ${promotion.result.phase}: ${promotion.result.message}`,
      );
    }
    return {
      verdict: 'REFUSED',
      summary: `Version ${version} was refused before anything was pushed: ${promotion.result.message}`,
      refusedPromotion: {
        message: promotion.result.message,
        fullUntouched: fingerprint(cluster, manifests) === before,
      },
      refusedBy,
    };
  };
  const refused = await timed('version 2 to full', () => attempt(freight, 2));
  if (refused !== null) return refused;
  const full = await timed('full verification', () => rehearsal.verify('full'));
  if (full.phase !== 'Successful') {
    return {
      verdict: 'FAILED',
      summary: `Version 2 passed the canary and failed in full: ${full.evidence?.reason ?? full.message}`,
      refusedPromotion: null,
      refusedBy: null,
    };
  }
  const promoted: PersonsEnding = {
    verdict: 'PROMOTED',
    summary: 'Version 2 was judged in the canary, promoted to full, and judged there.',
    refusedPromotion: null,
    refusedBy: null,
  };
  if (scenario.afterwards === 'nothing') return promoted;
  if (scenario.afterwards === 'promote again') {
    progress.act('Somebody promotes version 2 again with the same ticket');
    return (await timed('second use', () => attempt(freight, 2))) ?? promoted;
  }
  progress.act('A person rolls full back to version 1');
  const rolledBack = await timed('rollback', () => attempt(first, 1));
  return (
    rolledBack ?? {
      ...promoted,
      summary:
        'Version 2 was promoted to full and version 1 came back, without new evidence, because it ran there before.',
    }
  );
}

/** A scenario that ends in another way than it should has let something through. */
function judged(scenario: Scenario, { refusedBy, ...ending }: PersonsEnding): Ending {
  if (ending.verdict === 'FAILED') return ending;
  // The ordinary promotion is no claim about how it ends.
  if (scenario.name === DEFAULT_SCENARIO.name) return ending;
  const untouched = ending.refusedPromotion?.fullUntouched !== false;
  if (ending.verdict === scenario.expected && refusedBy === scenario.refusedBy && untouched) {
    return ending;
  }
  return {
    ...ending,
    verdict: 'ESCAPED',
    summary: `Scenario ${scenario.name} should end ${scenario.expected}${scenario.refusedBy === null ? '' : ` by ${scenario.refusedBy}`} and ended ${ending.verdict}${refusedBy === null ? '' : ` by ${refusedBy}`}${untouched ? '' : ', and full was touched'}: ${ending.summary}`,
  };
}

function requireAdmitted(promotion: CompletedPromotion | RefusedPromotion): CompletedPromotion {
  if (promotion.refused) throw new RehearsalError('PROMOTION_REFUSED', promotion.message);
  return promotion;
}
