import type { Freight } from '../kargo/step.ts';
import type { Ending } from './acts.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import type { Manifests } from './manifests.ts';
import type { Progress } from './progress.ts';
import { fingerprint, refusingGate } from './promotion-outcome.ts';
import type { Rehearsal } from './rehearsal.ts';
import type { Scenario } from './scenarios.ts';
import { type Attempt, deviations, type Hands, playSeries } from './series.ts';

export interface SeriesStage {
  readonly rehearsal: Rehearsal;
  readonly cluster: LocalCluster;
  readonly manifests: Manifests;
  readonly progress: Progress;
  readonly first: Freight;
  readonly second: Freight;
  readonly setMarket: (market: 'open' | 'closed') => void;
}

/** Plays scenarios with a version 2 that the canary has judged; good only if each ended as it should. */
export async function seriesActs(
  scenarios: readonly Scenario[],
  stage: SeriesStage,
): Promise<Ending> {
  const { progress } = stage;
  const hands = handsOf(stage);
  const trials = [];
  progress.act('Every scenario, one after another');
  for await (const trial of playSeries(scenarios, hands)) {
    trials.push(trial);
    progress.note(
      `scenario ${trial.name}: ${trial.ended}${trial.endedBy === null ? '' : ` by ${trial.endedBy}`}${trial.asExpected ? '' : `, should be ${trial.expected}: ${trial.message}`}`,
      trial.asExpected ? 'good' : 'bad',
    );
  }
  const wrong = deviations(trials);
  return {
    verdict: wrong.length === 0 ? 'PROMOTED' : 'FAILED',
    summary:
      wrong.length === 0
        ? `All ${trials.length} scenarios ended as they should.`
        : `${wrong.length} of ${trials.length} scenarios ended otherwise than they should: ${wrong.map(({ name }) => name).join(', ')}.`,
    refusedPromotion: null,
    trials,
  };
}

function handsOf({ rehearsal, cluster, manifests, first, second, setMarket }: SeriesStage): Hands {
  let filed = false;
  let judged = false;
  /** The gates of full judge version 2 once; after that it is enough that it is healthy. */
  const settled = async (version: 1 | 2): Promise<Attempt> => {
    if (version === 1 || judged) {
      await rehearsal.healthy('full');
      return { ended: 'PROMOTED', by: null, message: `version ${version} is healthy in full` };
    }
    judged = true;
    const { phase, message, evidence } = await rehearsal.verify('full');
    return phase === 'Successful'
      ? { ended: 'PROMOTED', by: null, message: 'version 2 was judged in full' }
      : { ended: 'FAILED', by: null, message: evidence?.reason ?? message };
  };
  return {
    market: setMarket,
    fileTicket: () => {
      if (!filed) rehearsal.fileTicket(second, 2);
      filed = true;
    },
    clearTicket: () => {
      rehearsal.clearTicket();
      filed = false;
    },
    loseEvidence: () => rehearsal.loseEvidence('canary'),
    promote: async (version) => {
      const promotion = await rehearsal.toFull(version === 1 ? first : second, version);
      if (promotion.refused) return { ended: 'REFUSED', by: 'Kargo', message: promotion.message };
      const { phase, message } = promotion.result;
      if (phase === 'Succeeded') return settled(version);
      const by = refusingGate(promotion);
      return { ended: by === null ? 'FAILED' : 'REFUSED', by, message };
    },
    full: () => fingerprint(cluster, manifests),
  };
}
