import type { RunManifest } from '../archive/manifest.ts';
import type { Provenance } from '../archive/row.ts';
import type { Market } from '../polymarket/market-choice.ts';
import { countersOf, type RecorderMetrics } from './metrics.ts';

/** The run manifest of a recorder as things stand at `now`. */
export async function describeRun(run: {
  readonly provenance: Provenance;
  readonly state: RunManifest['state'];
  readonly startedAt: Date;
  readonly now: Date;
  readonly marketLimit: number;
  readonly markets: readonly Market[];
  readonly metrics: RecorderMetrics;
}): Promise<RunManifest> {
  const now = run.now.toISOString();
  return {
    schema: 'orderbooks.run-manifest.v1',
    component: 'ws-recorder',
    ...run.provenance,
    state: run.state,
    started_at: run.startedAt.toISOString(),
    updated_at: now,
    stopped_at: run.state === 'running' ? null : now,
    market_limit: run.marketLimit,
    markets: run.markets.map((market) => ({
      slug: market.slug,
      condition_id: market.conditionId,
      tokens: [...market.tokens],
    })),
    counters: await countersOf(run.metrics),
  };
}
