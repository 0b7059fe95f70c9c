import { setTimeout as wait } from 'node:timers/promises';
import { watchDisk } from '../archive/disk-watch.ts';
import { isSystemError } from '../archive/error.ts';
import { openArchive, type RunArchive } from '../archive/run-archive.ts';
import { runFiles } from '../archive/run-files.ts';
import { runSalvage } from '../archive/salvage-loop.ts';
import { systemClock } from '../observability/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { serveProbes } from '../observability/server.ts';
import { begin } from '../process/beginning.ts';
import { runUntilStopped } from '../process/stopping.ts';
import { closeAbandonedCycles } from './abandoned-cycles.ts';
import { Collector } from './collector.ts';
import { CycleJournal } from './cycle-journal.ts';
import { type CollectorMetrics, collectorMetrics } from './metrics.ts';

export interface CollectorCommandOptions {
  /** Path of the configuration file. */
  readonly config: string;
  /** Path of the data root. */
  readonly data: string;
}

/** Trouble of a disk that passes; anything else about the data root needs a person, as a wrong configuration does. */
const PASSING = ['ENOSPC', 'EDQUOT', 'EIO'] as const;
const OPEN_AGAIN_AFTER_MS = 1_000;

/**
 * `orderbooks collector`: takes snapshots until SIGTERM or SIGINT and resolves to the exit code, 0 after an ordered end.
 * `orderbooks collect` (`cycles` 1) ends after one cycle: 0 if its gate status is PASS, otherwise 1.
 * Throws `ConfigurationError` before anything is opened.
 */
export async function collectorCommand(
  options: CollectorCommandOptions,
  cycles: 'endless' | 'one',
): Promise<number> {
  const { configuration, provenance, logger } = begin('collector', options);
  const metrics = collectorMetrics({ revision: provenance.git_sha, image: provenance.image });
  return runUntilStopped(logger, async () => {
    let collector: Collector | null = null;
    const watched = { dataRoot: options.data, configuration, registry: metrics.registry, logger };
    const disk = await watchDisk(watched);
    const probes = await serveProbes(configuration.http.port, {
      registry: metrics.registry,
      health: () =>
        collector?.health() ?? [{ name: 'alive', ok: true, detail: 'the process answers' }],
      readiness: () => [
        ...(collector?.readiness() ?? [
          { name: 'started', ok: false, detail: 'the archive is being opened' },
        ]),
        disk.budget.condition(),
      ],
    });
    logger.info({ port: probes.port }, 'probes and metrics are served');
    const archive = await openPatiently(logger, () =>
      openArchive({
        dataRoot: options.data,
        stream: 'rest_snapshots',
        provenance,
        configuration,
        queueBytes: configuration.collector.queueBytes,
        metrics,
        logger,
      }),
    ).catch(async (error: unknown) => {
      await probes.close();
      throw error;
    });
    const running = new Collector({
      configuration,
      provenance,
      clock: systemClock(),
      logger,
      metrics,
      archive: disk.guard(archive, 'rest_snapshots'),
      journal: new CycleJournal(options.data, logger),
      ...runFiles(options.data, 'collector', provenance.run_id),
    });
    collector = running;
    const salvage = new AbortController();
    void tidyUp(options.data, provenance.run_id, metrics, logger, salvage.signal);
    const stop = async (state: 'stopped' | 'failed') => {
      salvage.abort();
      try {
        await running.stop(state);
      } finally {
        // Whatever is left open would keep the process alive until it is killed.
        disk.stop();
        await probes.close();
      }
    };
    if (cycles === 'endless') return { failure: running.start(), stop };
    const one = running.once();
    const done = one.then((cycle) => (cycle?.gate_status === 'PASS' ? 0 : 1));
    return { failure: one, done, stop };
  });
}

/** What killed processes left: cycles first, because the salvage holds the lock that tells who lives. */
async function tidyUp(
  dataRoot: string,
  runId: string,
  metrics: CollectorMetrics,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    const cycles = await closeAbandonedCycles(dataRoot, runId);
    if (cycles > 0) logger.warn({ cycles }, 'cycles of killed processes are marked interrupted');
  } catch (error) {
    logger.error({ err: error }, 'the cycles of earlier runs could not be looked at');
  }
  await runSalvage({ dataRoot, streams: ['rest_snapshots'], runId, metrics, logger, signal });
}

/** A full disk at the start is waited for, as it is later. */
async function openPatiently(logger: Logger, open: () => Promise<RunArchive>): Promise<RunArchive> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!PASSING.some((code) => isSystemError(error, code))) throw error;
      logger.error({ err: error }, 'the archive cannot be opened yet');
      await wait(OPEN_AGAIN_AFTER_MS);
    }
  }
}
