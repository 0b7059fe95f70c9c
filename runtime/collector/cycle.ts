import { setTimeout as wait } from 'node:timers/promises';
import type { AnswerLog } from '../archive/answer-log.ts';
import type { CycleManifest } from '../archive/manifest.ts';
import type { Provenance } from '../archive/row.ts';
import type { RunArchive } from '../archive/run-archive.ts';
import type { Configuration } from '../config/schema.ts';
import { type Clock, nowMicros } from '../observability/clock.ts';
import type { DiscoveryRounds } from '../polymarket/discovery-loop.ts';
import type { HttpClient } from '../polymarket/http.ts';
import type { LatencyWatch } from '../polymarket/latency.ts';
import type { Market } from '../polymarket/market-choice.ts';
import { requestBatch } from './batch.ts';
import { CycleAccount } from './cycle-account.ts';
import type { Hold } from './hold.ts';
import type { CollectorMetrics } from './metrics.ts';

/** What the cycles of a run share. */
export interface CycleSurroundings {
  readonly configuration: Configuration;
  readonly provenance: Provenance;
  readonly clock: Clock;
  readonly client: HttpClient;
  readonly rounds: DiscoveryRounds;
  /** What discovery chose last, and how much it left out. */
  readonly choice: () => { readonly markets: readonly Market[]; readonly leftOut: number };
  readonly archive: RunArchive;
  readonly log: AnswerLog;
  readonly latency: LatencyWatch;
  /** Each service has its own. */
  readonly clobHold: Hold;
  readonly gammaHold: Hold;
  readonly metrics: CollectorMetrics;
}

/** Part of the deadline that discovery may take: known markets can be asked for without it. */
const DISCOVERY_SHARE = 0.5;
/** How long the end of a cycle waits for the disk. Within the grace period that follows SIGTERM. */
const FLUSH_LIMIT_MS = 5_000;

/** The manifest of a cycle that has begun: what is left of it if its process is killed. */
export function begunCycle(
  { provenance, configuration }: Pick<CycleSurroundings, 'provenance' | 'configuration'>,
  cycle: number,
  startedAt: Date,
): CycleManifest {
  return {
    schema: 'orderbooks.cycle-manifest.v1',
    ...provenance,
    cycle_id: `${provenance.run_id}-${cycle}`,
    cycle,
    state: 'running',
    gate_status: 'FAIL',
    reason: 'the cycle has not ended',
    started_at: startedAt.toISOString(),
    finished_at: null,
    duration_ms: 0,
    discovery_ms: 0,
    market_limit: configuration.discovery.marketLimit,
    markets: [],
    markets_left_out: 0,
    tokens_requested: 0,
    tokens_answered: 0,
    tokens_omitted: 0,
    tokens_unanswered: 0,
    omitted: [],
    requests: 0,
    retries: 0,
    rows_written: 0,
    rows_waiting: 0,
    rows_lost: 0,
    failure_count: 0,
    failures: [],
    latency_ms: null,
    usual_latency_ms: null,
    throttled: false,
  };
}

/**
 * One cycle: look for markets, ask for their books, archive what comes, and say what became of it. Ends by the cycle's
 * deadline or soon after `stop` aborts. Never throws for what the services or the disk do.
 */
export async function runCycle(
  surroundings: CycleSurroundings,
  begun: CycleManifest,
  stop: AbortSignal,
): Promise<CycleManifest> {
  const { configuration, archive, metrics, latency } = surroundings;
  const from = performance.now();
  const deadline = AbortSignal.timeout(configuration.collector.cycleDeadline);
  const signal = AbortSignal.any([stop, deadline]);
  const account = new CycleAccount();
  await discover(surroundings, account, signal);
  const discoveryMs = performance.now() - from;
  const { markets, leftOut } = surroundings.choice();
  const tokens = new Map(markets.flatMap((market) => market.tokens.map((id) => [id, market])));
  const askedAt = nowMicros(surroundings.clock) / 1000;
  archive.setTokens([...tokens.keys()]);
  metrics.activeTokens.set(tokens.size);
  if (tokens.size === 0 && !signal.aborted) account.fail('no market is chosen');
  const leftMs = () => from + configuration.collector.cycleDeadline - performance.now();
  await askForBooks(surroundings, begun.cycle_id, [...tokens.keys()], account, leftMs, signal);
  const state = stop.aborted ? 'interrupted' : deadline.aborted ? 'expired' : 'completed';
  const counted = account.tokens(tokens, askedAt);
  if (state === 'completed' && counted.tokens_answered === 0 && counted.tokens_omitted > 0) {
    account.fail(`none of ${counted.tokens_requested} tokens has a book`);
  }
  const rows = await settleRows(archive, account);
  const { latency: latencyMs, usualMs, throttled } = latency.judge(account.latencies);
  const reason = reasonOf(state, account, rows.rows_written);
  return {
    ...begun,
    state,
    gate_status: reason === null ? 'PASS' : 'FAIL',
    reason,
    finished_at: new Date().toISOString(),
    duration_ms: Math.round(performance.now() - from),
    discovery_ms: Math.round(discoveryMs),
    markets: markets.map(({ slug }) => slug),
    markets_left_out: leftOut,
    ...counted,
    requests: account.requests,
    retries: account.retries,
    ...rows,
    failure_count: account.failureCount,
    failures: [...account.failures],
    latency_ms: latencyMs,
    usual_latency_ms: usualMs,
    throttled,
  };
}

async function discover(
  { rounds, gammaHold, configuration }: CycleSurroundings,
  account: CycleAccount,
  signal: AbortSignal,
): Promise<void> {
  if (gammaHold.remainingMs > 0) {
    await rounds.rollOver();
    const seconds = Math.ceil(gammaHold.remainingMs / 1000);
    account.fail(
      `discovery: Gamma asked to be left alone for another ${seconds} s; known markets are asked for`,
    );
    return;
  }
  const limit = configuration.collector.cycleDeadline * DISCOVERY_SHARE;
  const result = await rounds.look(AbortSignal.any([signal, AbortSignal.timeout(limit)]));
  if (result === null) {
    await rounds.rollOver();
    if (!signal.aborted)
      account.fail(`discovery: did not end within ${limit} ms; known markets are asked for`);
    return;
  }
  if (result.retryAfterMs !== null) gammaHold.extend(result.retryAfterMs);
  for (const failure of result.failures) account.fail(`discovery: ${failure}`);
}

async function askForBooks(
  surroundings: CycleSurroundings,
  cycleId: string,
  tokens: readonly string[],
  account: CycleAccount,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { configuration, client, clock, metrics, log, clobHold } = surroundings;
  const { batchSize, concurrency, attempts, retryInitial, retryMaximum } = configuration.collector;
  const options = {
    client,
    clobUrl: configuration.feed.clobUrl,
    cycleId,
    clock,
    hold: clobHold,
    attempts,
    retryInitialMs: retryInitial,
    retryMaximumMs: retryMaximum,
    leftMs,
    write: (row: Parameters<AnswerLog['write']>[0]) => {
      const sequence = log.write(row);
      account.wrote(sequence);
      if (sequence === null) metrics.rowsLost.inc();
    },
    asked: (request: { readonly milliseconds: number; readonly good: boolean }) => {
      account.asked(request);
      metrics.requests.inc({ result: request.good ? 'ok' : 'failed' });
      metrics.requestSeconds.observe(request.milliseconds / 1000);
    },
    again: () => {
      account.retries++;
      metrics.retries.inc();
    },
  };
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < tokens.length; at += batchSize)
    batches.push(tokens.slice(at, at + batchSize));
  const worker = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      account.take(await requestBatch(options, batch, signal));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, batches.length) }, worker));
}

/** Waits a little for the disk; rows count as written once they are on it. */
async function settleRows(
  archive: RunArchive,
  account: CycleAccount,
): Promise<Pick<CycleManifest, 'rows_written' | 'rows_waiting' | 'rows_lost'>> {
  const enough = new AbortController();
  const limit = wait(FLUSH_LIMIT_MS, undefined, { signal: enough.signal, ref: false });
  // Cutting the wait short is how it ends when the disk works.
  await Promise.race([archive.flush(), limit.catch(() => undefined)]);
  enough.abort();
  const written = account.rowsUntil(archive.durableSequence);
  const waiting = account.rows - written;
  const why = archive.trouble ?? 'it is slow';
  if (waiting > 0) account.fail(`${waiting} rows wait for the disk: ${why}`);
  if (account.rowsLost > 0) account.fail(`${account.rowsLost} rows are lost: ${why}`);
  return { rows_written: written, rows_waiting: waiting, rows_lost: account.rowsLost };
}

function reasonOf(
  state: CycleManifest['state'],
  account: CycleAccount,
  rowsWritten: number,
): string | null {
  if (state === 'interrupted') return 'the collector was stopped in the middle of the cycle';
  if (state === 'expired') return 'the deadline of the cycle came first';
  if (account.failureCount > 0) return account.failures[0] ?? 'it failed';
  return rowsWritten === 0 ? 'no row was written' : null;
}
