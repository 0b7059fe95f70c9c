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
  readonly component: DiscoveryManifest['component'];
  readonly provenance: Provenance;
  /** Called after every look with what is to be recorded now. */
  readonly choose: (markets: readonly Market[], leftOut: DiscoveryResult['leftOut']) => void;
  /** Keeps the manifest; called when something changed. */
  readonly keep: (manifest: DiscoveryManifest, at: Date) => Promise<void>;
  readonly metrics: { readonly discoveryFailures: Counter };
  readonly logger: Logger;
}

/** One look for markets after the other; says what was found whenever that changed. */
export class DiscoveryRounds {
  readonly #options: DiscoveryLoopOptions;
  #said = '';
  #reconciledAt = Number.NEGATIVE_INFINITY;

  constructor(options: DiscoveryLoopOptions) {
    this.#options = options;
  }

  /** Asks Gamma, now and then for its lists too. Null if `signal` aborted meanwhile. */
  async look(signal: AbortSignal): Promise<DiscoveryResult | null> {
    const { discovery, metrics, logger } = this.#options;
    const result = await discovery.refresh(signal);
    if (signal.aborted) return null;
    if (result.failures.length > 0) metrics.discoveryFailures.inc();
    await this.#take(result);
    if (
      result.failures.length === 0 &&
      this.#reconciledAt + RECONCILE_EVERY_MS <= performance.now()
    ) {
      this.#reconciledAt = performance.now();
      const notes = await discovery.reconcile(signal);
      if (notes.length > 0 && !signal.aborted) logger.warn({ notes }, 'series differ');
    }
    return result;
  }

  /** Chooses again among what is known: windows ended or opened. */
  async rollOver(): Promise<void> {
    await this.#take(this.#options.discovery.choose());
  }

  async #take(result: DiscoveryResult): Promise<void> {
    this.#options.choose(result.chosen, result.leftOut);
    this.#said = await say(this.#options, result, this.#said);
  }
}

/** Looks for markets again and again until `signal` aborts. */
export async function runDiscovery(
  options: DiscoveryLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { interval } = options.settings;
  const backoff = new Backoff(Math.min(RETRY_INITIAL_MS, interval), interval);
  const rounds = new DiscoveryRounds(options);
  while (!signal.aborted) {
    const result = await rounds.look(signal);
    if (result === null) return;
    const asked = result.failures.length === 0;
    if (asked) backoff.reset();
    const pause = asked ? interval : backoff.next(result.retryAfterMs ?? 0);
    await pauseWithRollovers(options.discovery, rounds, pause, signal);
  }
}

/** Waits, and meanwhile hands the places of a limit on at the very moment when windows end and open. */
async function pauseWithRollovers(
  discovery: Discovery,
  rounds: DiscoveryRounds,
  pauseMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + pauseMs;
  while (!signal.aborted) {
    const left = until - performance.now();
    const rollover = Math.ceil(discovery.rolloverInMs);
    // An abort is how the pause is meant to be cut short; the caller's loop sees it.
    await wait(Math.max(0, Math.min(left, rollover)), undefined, { signal }).catch(() => undefined);
    if (signal.aborted || left <= rollover) return;
    await rounds.rollOver();
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
    component: options.component,
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
