import { setTimeout as wait } from 'node:timers/promises';
import { AnswerLog } from '../archive/answer-log.ts';
import type { CycleManifest, RunManifest } from '../archive/manifest.ts';
import type { Provenance } from '../archive/row.ts';
import type { RunArchive } from '../archive/run-archive.ts';
import { keptOrLogged } from '../archive/run-files.ts';
import { describeRun } from '../archive/run-manifest.ts';
import type { Configuration } from '../config/schema.ts';
import { type Clock, nowMicros } from '../observability/clock.ts';
import { liveness } from '../observability/liveness.ts';
import type { Logger } from '../observability/logger.ts';
import type { Condition } from '../observability/server.ts';
import { Discovery } from '../polymarket/discovery.ts';
import { DiscoveryRounds } from '../polymarket/discovery-loop.ts';
import type { DiscoveryManifest } from '../polymarket/discovery-manifest.ts';
import { createHttpClient, type HttpClient } from '../polymarket/http.ts';
import { LatencyWatch } from '../polymarket/latency.ts';
import type { Market } from '../polymarket/market-choice.ts';
import { messageOf } from '../thrown.ts';
import { begunCycle, type CycleSurroundings, runCycle } from './cycle.ts';
import type { CycleJournal } from './cycle-journal.ts';
import { Hold } from './hold.ts';
import type { CollectorMetrics } from './metrics.ts';

export interface CollectorOptions {
  readonly configuration: Configuration;
  readonly provenance: Provenance;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CollectorMetrics;
  readonly archive: RunArchive;
  readonly journal: CycleJournal;
  /** Replaces the run manifest. May fail: collecting goes on. */
  readonly keepRun: (manifest: RunManifest) => Promise<void>;
  readonly keepDiscovery: (manifest: DiscoveryManifest, at: Date) => Promise<void>;
}

/** After a defect of ours in a cycle: the next one must not follow at once, whatever the interval. */
const AFTER_DEFECT_MS = 1_000;

/** Takes snapshots of order books, cycle after cycle, until it is stopped. */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #client: HttpClient;
  readonly #surroundings: CycleSurroundings;
  readonly #startedAt = new Date();
  readonly #stop = new AbortController();
  #loop: Promise<unknown> = Promise.resolve();
  #markets: readonly Market[] = [];
  #leftOut = 0;
  #cycles = 0;
  #latest: CycleManifest | null = null;
  /** When the loop last came round, milliseconds of the monotonic clock. */
  #cameRound = performance.now();

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { configuration, clock, metrics, archive, logger, provenance } = options;
    const { feed } = configuration;
    this.#client = createHttpClient({
      userAgent: feed.userAgent,
      timeoutMs: feed.requestTimeout,
    });
    const discovery = new Discovery(
      this.#client,
      feed.gammaUrl,
      configuration.discovery,
      () => nowMicros(clock) / 1000,
    );
    const rounds = new DiscoveryRounds({
      discovery,
      settings: configuration.discovery,
      component: 'collector',
      provenance,
      choose: (markets, leftOut) => {
        this.#markets = markets;
        this.#leftOut = leftOut.length;
      },
      keep: (manifest, at) => this.#tolerate(options.keepDiscovery(manifest, at)),
      metrics,
      logger,
    });
    this.#surroundings = {
      configuration,
      provenance,
      clock,
      client: this.#client,
      rounds,
      choice: () => ({ markets: this.#markets, leftOut: this.#leftOut }),
      archive,
      log: new AnswerLog(archive, logger),
      latency: new LatencyWatch(),
      clobHold: new Hold(),
      gammaHold: new Hold(),
      metrics,
    };
  }

  /** Begins to collect. The promise never rejects for what services or the disk do, and resolves after `stop`. */
  start(): Promise<unknown> {
    this.#loop = this.#run();
    return this.#loop;
  }

  /** Exactly one cycle. */
  async once(): Promise<CycleManifest | null> {
    const cycle = this.#keepRun('running').then(() => this.#cycle());
    this.#loop = cycle;
    await cycle;
    return this.#latest;
  }

  /** Ends the cycle under way with a manifest that says so, and closes the archive. */
  async stop(state: 'stopped' | 'failed'): Promise<void> {
    this.#stop.abort();
    // A loop that failed is why we are here; its error is already known to who started us.
    await this.#loop.catch(() => undefined);
    await this.#client.close();
    const failure = await this.#options.archive.close().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    await this.#keepRun(failure === null ? state : 'failed');
    if (failure !== null) throw failure.error;
  }

  /** What must hold for this process to be of use; a restart would not cure more. */
  readiness(): readonly Condition[] {
    const latest = this.#latest;
    const trouble = this.#options.archive.trouble;
    return [
      {
        name: 'discovered',
        ok: this.#markets.length > 0,
        detail: `${this.#markets.length} markets are chosen`,
      },
      {
        name: 'collecting',
        ok: latest !== null && latest.tokens_answered > 0 && latest.rows_written > 0,
        detail:
          latest === null
            ? 'no cycle has ended'
            : `cycle ${latest.cycle} ${latest.gate_status}: ${latest.tokens_answered} of ${latest.tokens_requested} tokens answered${latest.reason === null ? '' : `; ${latest.reason}`}`,
      },
      { name: 'writing', ok: trouble === null, detail: trouble ?? 'archives are written' },
    ];
  }

  /** False only for what a restart would cure. */
  health(): readonly Condition[] {
    const { interval, cycleDeadline } = this.#options.configuration.collector;
    const since = performance.now() - this.#cameRound;
    return liveness({
      name: 'cycles go on',
      owedForMs: Math.max(0, since - interval - cycleDeadline),
      trouble: this.#options.archive.trouble,
    });
  }

  async #run(): Promise<void> {
    const { interval } = this.#options.configuration.collector;
    await this.#keepRun('running');
    while (!this.#stop.signal.aborted) {
      const from = performance.now();
      this.#cameRound = from;
      const whole = await this.#cycle();
      const rest = Math.max(interval - (performance.now() - from), whole ? 0 : AFTER_DEFECT_MS);
      // An abort is how the pause is meant to be cut short; the loop's condition sees it.
      await wait(rest, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** False when a defect of ours ended the cycle. */
  async #cycle(): Promise<boolean> {
    const { journal, logger } = this.#options;
    const cycle = ++this.#cycles;
    const begun = begunCycle(this.#surroundings, cycle, new Date());
    await journal.keep(begun);
    let whole = true;
    const ended = await runCycle(this.#surroundings, begun, this.#stop.signal).catch(
      (error: unknown): CycleManifest => {
        whole = false;
        logger.error({ err: error }, 'a cycle ended by a defect; collecting goes on');
        const reason = `defect: ${messageOf(error)}`;
        const finished_at = new Date().toISOString();
        const state = this.#stop.signal.aborted ? 'interrupted' : 'completed';
        return { ...begun, state, reason, finished_at, failure_count: 1, failures: [reason] };
      },
    );
    await journal.keep(ended);
    this.#latest = ended;
    this.#count(ended);
    const { omitted: _, markets, ...facts } = ended;
    const level = ended.gate_status === 'PASS' ? 'info' : 'warn';
    logger[level]({ ...facts, markets: markets.length }, 'cycle ended');
    await this.#keepRun('running');
    return whole;
  }

  #count(ended: CycleManifest): void {
    const { metrics, archive, journal } = this.#options;
    const passed = ended.gate_status === 'PASS';
    metrics.cycles.inc({ result: passed ? 'pass' : 'fail' });
    metrics.rowsWritten.inc(ended.rows_written);
    metrics.answeredTokens.set(ended.tokens_answered);
    metrics.omittedTokens.set(ended.tokens_omitted);
    metrics.cycleSeconds.set(ended.duration_ms / 1000);
    metrics.queueBytes.set(archive.queuedBytes);
    metrics.manifestsWaiting.set(journal.waiting);
    if (ended.throttled) metrics.throttledCycles.inc();
    if (passed) metrics.lastPass.set(Date.now() / 1000);
  }

  async #keepRun(state: RunManifest['state']): Promise<void> {
    const { provenance, metrics, configuration, keepRun } = this.#options;
    const manifest = await describeRun({
      component: 'collector',
      provenance,
      state,
      startedAt: this.#startedAt,
      now: new Date(),
      marketLimit: configuration.discovery.marketLimit,
      markets: this.#markets,
      registry: metrics.registry,
    });
    await this.#tolerate(keepRun(manifest));
  }

  #tolerate(keeping: Promise<void>): Promise<void> {
    return keptOrLogged(keeping, this.#options.logger, 'collecting');
  }
}
