import { setTimeout as wait } from 'node:timers/promises';
import type { Counter } from 'prom-client';
import type { Provenance } from '../archive/row.ts';
import type { Configuration } from '../config/schema.ts';
import type { Logger } from '../observability/logger.ts';
import { Backoff } from './backoff.ts';
import type { Discovery, DiscoveryResult } from './discovery.ts';
import type { DiscoveryManifest } from './discovery-manifest.ts';
import type { Market } from './market-choice.ts';

/** Gamma's lists are large and change slowly (facts/polymarket.md §2). */
const RECONCILE_EVERY_MS = 300_000;
/** First pause after Gamma failed; it doubles up to the discovery interval. */
const RETRY_INITIAL_MS = 500;

export interface DiscoveryLoopOptions {
  readonly discovery: Discovery;
  readonly settings: Configuration['discovery'];
  readonly provenance: Provenance;
  /** Called after every look with what is to be recorded now. */
  readonly choose: (markets: readonly Market[]) => void;
  /** Keeps the manifest; called when something changed. */
  readonly keep: (manifest: DiscoveryManifest, at: Date) => Promise<void>;
  readonly metrics: { readonly discoveryFailures: Counter };
  readonly logger: Logger;
}

/** Looks for markets again and again until `signal` aborts, and says what it found whenever that changed. */
export async function runDiscovery(
  options: DiscoveryLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { discovery, settings, metrics } = options;
  const backoff = new Backoff(Math.min(RETRY_INITIAL_MS, settings.interval), settings.interval);
  let said = '';
  let reconciledAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const result = await discovery.refresh(signal);
    if (signal.aborted) return;
    options.choose(result.chosen);
    const asked = result.problems.length === 0;
    if (asked) backoff.reset();
    else metrics.discoveryFailures.inc();
    said = await say(options, result, said);
    if (asked && performance.now() - reconciledAt >= RECONCILE_EVERY_MS) {
      reconciledAt = performance.now();
      const notes = await discovery.reconcile(signal);
      if (notes.length > 0 && !signal.aborted) options.logger.warn({ notes }, 'series differ');
    }
    const pause = asked ? settings.interval : backoff.next(result.retryAfterMs ?? 0);
    // An abort is how the pause is meant to be cut short; the loop's condition sees it.
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function say(
  options: DiscoveryLoopOptions,
  result: DiscoveryResult,
  before: string,
): Promise<string> {
  const chosen = result.chosen.map((market) => market.slug);
  const now = JSON.stringify([chosen, result.problems, result.leftOut.map(({ slug }) => slug)]);
  if (now === before) return before;
  if (result.problems.length > 0) {
    options.logger.warn(
      { problems: result.problems },
      'discovery has problems; known markets stay',
    );
  }
  options.logger.info({ chosen, left_out: result.leftOut.length }, 'markets chosen');
  await options.keep(manifestOf(options, result), new Date(result.at));
  return now;
}

function manifestOf(options: DiscoveryLoopOptions, result: DiscoveryResult): DiscoveryManifest {
  const { settings } = options;
  return {
    schema: 'orderbooks.discovery-manifest.v1',
    component: 'ws-recorder',
    ...options.provenance,
    discovered_at: new Date(result.at).toISOString(),
    market_limit: settings.marketLimit,
    cadences: [...settings.cadences],
    look_ahead_ms: settings.lookAhead,
    keep_after_end_ms: settings.keepAfterEnd,
    found: result.found.map((market) => ({
      slug: market.slug,
      condition_id: market.conditionId,
      outcomes: [...market.outcomes],
      tokens: [...market.tokens],
      opens_at: new Date(market.opensAt).toISOString(),
      ends_at: new Date(market.endsAt).toISOString(),
    })),
    chosen: result.chosen.map((market) => market.slug),
    left_out: result.leftOut.map(({ slug, reason }) => ({ slug, reason })),
    problems: [...result.problems],
  };
}
