import type { Registry } from 'prom-client';
import { countersOf } from '../observability/counters.ts';
import type { RunManifest } from './manifest.ts';
import type { Provenance } from './row.ts';

/** The run manifest of a long-running process as things stand at `now`. */
export async function describeRun(run: {
  readonly component: RunManifest['component'];
  readonly provenance: Provenance;
  readonly state: RunManifest['state'];
  readonly startedAt: Date;
  readonly now: Date;
  readonly marketLimit: number;
  readonly markets: readonly {
    readonly slug: string;
    readonly conditionId: string;
    readonly tokens: readonly string[];
  }[];
  readonly registry: Registry;
}): Promise<RunManifest> {
  const now = run.now.toISOString();
  return {
    schema: 'orderbooks.run-manifest.v1',
    component: run.component,
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
    counters: await countersOf(run.registry, run.component),
  };
}
