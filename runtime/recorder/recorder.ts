import { setTimeout as wait } from 'node:timers/promises';
import { AnswerLog } from '../archive/answer-log.ts';
import type { RunManifest } from '../archive/manifest.ts';
import type { Provenance } from '../archive/row.ts';
import { keptOrLogged } from '../archive/run-files.ts';
import { describeRun } from '../archive/run-manifest.ts';
import type { Configuration } from '../config/schema.ts';
import { type Clock, formatInstant, nowMicros } from '../observability/clock.ts';
import { liveness } from '../observability/liveness.ts';
import type { Logger } from '../observability/logger.ts';
import type { Condition } from '../observability/server.ts';
import { Discovery } from '../polymarket/discovery.ts';
import { runDiscovery } from '../polymarket/discovery-loop.ts';
import type { DiscoveryManifest } from '../polymarket/discovery-manifest.ts';
import { createHttpClient, type HttpClient } from '../polymarket/http.ts';
import type { Market } from '../polymarket/market-choice.ts';
import { runCheckpoints } from './checkpoints.ts';
import type { DiskDelay } from './disk-delay.ts';
import { Drain, type RowSink } from './drain.ts';
import { FrameQueue, type Received, type UnnumberedGap } from './frame-queue.ts';
import type { RecorderMetrics } from './metrics.ts';
import { Slot } from './slot.ts';
import type { TokenWindow } from './subscription.ts';
import { Turns } from './turns.ts';

/** An archive that the recorder fills; it survives a disk that fails for a while. */
export interface RecorderArchive extends RowSink {
  /** Token ids for the manifests of this and later segments. */
  setTokens(tokens: readonly string[]): void;
  /** Resolves once everything is on the disk under its final name. */
  close(): Promise<void>;
  /** Why nothing can be written at the moment, null when writing works. */
  readonly trouble: string | null;
}

export interface RecorderOptions {
  readonly configuration: Configuration;
  readonly provenance: Provenance;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: RecorderMetrics;
  readonly frames: RecorderArchive;
  readonly checkpoints: RecorderArchive;
  /** Told of the frames that are with `frames`; who opened that archive tells it of what is on the medium. */
  readonly diskDelay?: DiskDelay;
  /** Replaces the run manifest. May fail: recording goes on. */
  readonly keepRun: (manifest: RunManifest) => Promise<void>;
  readonly keepDiscovery: (manifest: DiscoveryManifest, at: Date) => Promise<void>;
  readonly maxFrameBytes?: number;
  /** How long frames that wait for the disk are waited for at the end. */
  readonly finishLimitMs?: number;
}

/** How often the run manifest is replaced, and what only people look at is brought up to date. */
const RUN_MANIFEST_EVERY_MS = 2_000;
/** A healthy disk takes the first run manifest within some milliseconds. */
const BEGIN_LIMIT_MS = 2_000;
/** How often checkpoints are compared: several times within the two seconds of the join. */
const SETTLE_EVERY_MS = 250;

/**
 * Part of the permitted memory that the archive writer may hold; the rest is for frames that wait before it. Rows are
 * texts on the heap and cost several times what they count, and the writer needs only a few portions in hand.
 */
export const SINK_SHARE = 0.0625;
/** Beside the writer's own time limit this fits into the 30 s that Kubernetes gives a pod to end. */
const FINISH_LIMIT_MS = 10_000;

/** Records the market channel until it is stopped: discovery, connection, archives, checkpoints and manifests. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #client: HttpClient;
  readonly #queue: FrameQueue;
  readonly #drain: Drain;
  readonly #slots: readonly Slot[];
  readonly #startedAt = new Date();
  readonly #abort = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #loops: Promise<unknown> = Promise.resolve();
  #markets: readonly Market[] = [];
  #tokens: ReadonlyMap<string, TokenWindow> = new Map();
  #recordedUntil: number | null = null;
  #writingRun: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { feed, recorder } = options.configuration;
    this.#client = createHttpClient({
      userAgent: feed.userAgent,
      timeoutMs: feed.requestTimeout,
    });
    this.#queue = new FrameQueue(recorder.queueBytes * (1 - SINK_SHARE));
    this.#drain = new Drain({
      queue: this.#queue,
      sink: options.frames,
      sinkBytes: recorder.queueBytes * SINK_SHARE,
      observe: (entry, text, calm, sequence) => this.#observe(entry, text, calm, sequence),
    });
    const nowMs = () => Number(options.clock.mono()) / 1e6;
    const turns = new Turns(recorder.connectionStagger, nowMs);
    this.#slots = Array.from({ length: recorder.connections }, (_, index): Slot => {
      const slot: Slot = new Slot({
        name: `ws${index + 1}`,
        feed,
        settings: recorder,
        clock: options.clock,
        queue: this.#queue,
        metrics: options.metrics,
        logger: options.logger,
        received: () => this.#drain.wake(),
        turn: () =>
          turns.take(
            this.#slots.filter((other) => other !== slot).map((other) => other.connection),
          ),
        ...(options.maxFrameBytes === undefined ? {} : { maxFrameBytes: options.maxFrameBytes }),
      });
      return slot;
    });
  }

  /** Begins to record. The promise rejects if a part fails in a way that is no answer of the service. */
  start(): Promise<unknown> {
    const { configuration, clock, logger } = this.#options;
    const checkpoints = new AnswerLog(this.#options.checkpoints, logger);
    this.#queue.pushGap(this.#gapRow('start', 'the run begins'));
    this.#drain.wake();
    const discovery = new Discovery(
      this.#client,
      configuration.feed.gammaUrl,
      configuration.discovery,
      () => nowMicros(clock) / 1000,
    );
    this.#timers.push(
      setInterval(() => this.#tick(), SETTLE_EVERY_MS),
      setInterval(() => this.#keepRun('running'), RUN_MANIFEST_EVERY_MS),
    );
    this.#loops = this.#begun().then(() => this.#runLoops(discovery, checkpoints));
    return this.#loops;
  }

  /**
   * Resolves once the disk knows of this run. A run that is killed before its first flush leaves nothing else, and the
   * next one could not say that frames are missing. A disk that does not answer is no reason not to record.
   */
  async #begun(): Promise<void> {
    const limit = new AbortController();
    const late = wait(BEGIN_LIMIT_MS, undefined, { signal: limit.signal, ref: false });
    // The abort below is how the wait is meant to end.
    await Promise.race([this.#keepRun('running'), late.catch(() => undefined)]);
    limit.abort();
  }

  #runLoops(discovery: Discovery, checkpoints: AnswerLog): Promise<unknown> {
    const { configuration, provenance, clock, logger, metrics } = this.#options;
    return Promise.all([
      runDiscovery(
        {
          discovery,
          settings: configuration.discovery,
          component: 'ws-recorder',
          provenance,
          choose: (markets) => this.#choose(markets),
          keep: (manifest, at) => this.#tolerate(this.#options.keepDiscovery(manifest, at)),
          metrics,
          logger,
        },
        this.#abort.signal,
      ),
      runCheckpoints(
        {
          client: this.#client,
          clobUrl: configuration.feed.clobUrl,
          interval: configuration.recorder.checkpointInterval,
          clock,
          tokens: () => [...this.#tokens.keys()],
          write: (row) => void checkpoints.write(row),
          compare: (books, requestedAt, receivedAt) => {
            for (const slot of this.#slots) slot.submit(books, requestedAt, receivedAt);
          },
          metrics,
          logger,
        },
        this.#abort.signal,
      ),
    ]);
  }

  /** Ends the run in order: what is on its way is recorded, archives are closed, the run manifest says so. */
  async stop(state: 'stopped' | 'failed', why: string): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    // A loop that failed is why we are here; its error is already known to who started us.
    await this.#loops.catch(() => undefined);
    await this.#client.close();
    await this.#drain.finish(this.#options.finishLimitMs ?? FINISH_LIMIT_MS);
    this.#end(why);
    const closed = await Promise.allSettled([
      this.#options.frames.close(),
      this.#options.checkpoints.close(),
    ]);
    const failure = closed.find((result) => result.status === 'rejected');
    this.#refreshGauges();
    await this.#keepRun(failure === undefined ? state : 'failed');
    if (failure !== undefined) throw failure.reason;
  }

  /** What must hold for this process to be of use; a restart would not cure more. */
  readiness(): readonly Condition[] {
    const trouble = this.#options.frames.trouble ?? this.#options.checkpoints.trouble;
    const open = this.#slots
      .filter(({ connection }) => connection.isOpen)
      .map(({ connection }) => connection.id);
    return [
      {
        name: 'discovered',
        ok: this.#markets.length > 0,
        detail: `${this.#markets.length} markets are chosen`,
      },
      {
        name: 'connected',
        // One is enough to record everything; how many are open is a metric.
        ok: open.length > 0,
        detail: open.length > 0 ? `open: ${open.join(', ')}` : 'no connection is open',
      },
      { name: 'writing', ok: trouble === null, detail: trouble ?? 'archives are written' },
    ];
  }

  /** False only for what a restart would cure. */
  health(): readonly Condition[] {
    const { clock, diskDelay, frames } = this.#options;
    const oldest = this.#drain.oldestMono;
    const waits = oldest === null ? 0 : Number(clock.mono() - oldest) / 1e6;
    return liveness({
      name: 'frames reach the disk',
      owedForMs: Math.max(waits, diskDelay?.oldestMs ?? 0),
      trouble: frames.trouble,
    });
  }

  #choose(markets: readonly Market[]): void {
    const tokens = new Map<string, TokenWindow>();
    for (const market of markets) for (const token of market.tokens) tokens.set(token, market);
    this.#markets = markets;
    this.#tokens = tokens;
    this.#options.metrics.activeTokens.set(tokens.size);
    this.#options.frames.setTokens([...tokens.keys()]);
    this.#options.checkpoints.setTokens([...tokens.keys()]);
    for (const slot of this.#slots) slot.setTokens(tokens);
  }

  /** Runs once a frame or gap is with the archive. */
  #observe(entry: Received, text: string, calm: boolean, sequence: number): void {
    if (entry.kind === 'gap') {
      this.#options.metrics.gaps.inc({ reason: entry.gap.reason });
      const id = entry.gap.connection_id;
      for (const slot of this.#slots) if (id === null || slot.owns(id)) slot.forgetBooks();
      return;
    }
    this.#recordedUntil = entry.wallMicros;
    this.#options.diskDelay?.taken(sequence, Number(entry.monoNs) / 1e6);
    this.#slots.find((slot) => slot.owns(entry.connectionId))?.observe(entry, text, calm);
  }

  #tick(): void {
    const mono = this.#options.clock.mono();
    for (const slot of this.#slots) slot.tick(mono);
    this.#refreshGauges();
  }

  #refreshGauges(): void {
    for (const slot of this.#slots) slot.refreshMetrics();
    this.#options.metrics.queueBytes.set(this.#queue.bytes + this.#options.frames.queuedBytes);
  }

  #gapRow(reason: UnnumberedGap['reason'], detail: string): UnnumberedGap {
    const since = this.#recordedUntil;
    return {
      type: 'gap',
      connection_id: null,
      reason,
      since: since === null ? null : formatInstant(since),
      at: formatInstant(nowMicros(this.#options.clock)),
      detail,
    };
  }

  /** The last row of the run. Past the queue, because what could not leave it in time is lost and is said here. */
  #end(why: string): void {
    const { frames, logger, metrics } = this.#options;
    const { frames: lost, reported } = this.#drain.end();
    const detail = lost === 0 ? why : `${why}; ${lost} frames still waited for the disk`;
    if (lost > 0) logger.error({ frames: lost }, 'frames that waited for the disk are lost');
    metrics.lostFrames.inc(lost);
    const taken = frames.append({
      ...this.#gapRow('shutdown', detail),
      ...(lost + reported === 0 ? {} : { lost_frames: lost + reported }),
    });
    if (taken === null) logger.error('the gap that ends the run is lost, the disk took nothing');
    else metrics.gaps.inc({ reason: 'shutdown' });
  }

  #keepRun(state: RunManifest['state']): Promise<void> {
    // One after the other, so that an older state never replaces a newer one.
    this.#writingRun = this.#writingRun.then(async () => {
      const { provenance, metrics, configuration } = this.#options;
      const manifest = await describeRun({
        component: 'ws-recorder',
        provenance,
        state,
        startedAt: this.#startedAt,
        now: new Date(),
        marketLimit: configuration.discovery.marketLimit,
        markets: this.#markets,
        registry: metrics.registry,
      });
      await this.#tolerate(this.#options.keepRun(manifest));
    });
    return this.#writingRun;
  }

  #tolerate(keeping: Promise<void>): Promise<void> {
    return keptOrLogged(keeping, this.#options.logger, 'recording');
  }
}
