import { type DiskWatch, watchDisk } from '../archive/disk-watch.ts';
import { openArchive } from '../archive/run-archive.ts';
import { runFiles } from '../archive/run-files.ts';
import { runSalvage } from '../archive/salvage-loop.ts';
import { systemClock } from '../observability/clock.ts';
import { serveProbes } from '../observability/server.ts';
import { begin } from '../process/beginning.ts';
import { runUntilStopped } from '../process/stopping.ts';
import { DiskDelay } from './disk-delay.ts';
import { recorderMetrics } from './metrics.ts';
import { Recorder, type RecorderArchive } from './recorder.ts';

export interface RecorderCommandOptions {
  /** Path of the configuration file. */
  readonly config: string;
  /** Path of the data root. */
  readonly data: string;
}

/**
 * `orderbooks recorder`: records until SIGTERM or SIGINT and resolves to the exit code: 0 after an ordered end, 1 after
 * a failure. Throws `ConfigurationError` before anything is opened.
 */
export async function recorderCommand(options: RecorderCommandOptions): Promise<number> {
  const { configuration, provenance, logger } = begin('ws-recorder', options);
  const metrics = recorderMetrics({ revision: provenance.git_sha, image: provenance.image });
  return runUntilStopped(logger, async () => {
    const open = { dataRoot: options.data, provenance, configuration, metrics, logger };
    const disk = await watchDisk({ ...open, registry: metrics.registry });
    let recorder: Recorder | null = null;
    const probes = await serveProbes(configuration.http.port, {
      registry: metrics.registry,
      health: () =>
        recorder?.health() ?? [{ name: 'alive', ok: true, detail: 'the process answers' }],
      readiness: () => [
        ...(recorder?.readiness() ?? [
          { name: 'started', ok: false, detail: 'archives are being opened' },
        ]),
        disk.budget.condition(),
      ],
    });
    logger.info({ port: probes.port }, 'probes and metrics are served');
    const clock = systemClock();
    const diskDelay = new DiskDelay(metrics.diskSeconds, () => Number(clock.mono()) / 1e6);
    const onSynced = (sequence: number) => diskDelay.synced(sequence);
    const [frames, checkpoints] = await openArchives(open, disk, onSynced).catch(
      async (error: unknown) => {
        await probes.close();
        throw error;
      },
    );
    const running = new Recorder({
      configuration,
      provenance,
      clock,
      logger,
      metrics,
      frames,
      checkpoints,
      diskDelay,
      ...runFiles(options.data, 'ws-recorder', provenance.run_id),
    });
    recorder = running;
    const failure = running.start();
    const salvage = new AbortController();
    void runSalvage({
      dataRoot: options.data,
      streams: ['ws_raw', 'rest_checkpoints'],
      runId: provenance.run_id,
      metrics,
      logger,
      signal: salvage.signal,
    });
    return {
      failure,
      async stop(state, why) {
        salvage.abort();
        try {
          await running.stop(state, why);
        } finally {
          // Whatever is left open would keep the process alive until it is killed.
          disk.stop();
          await probes.close();
        }
      },
    };
  });
}

async function openArchives(
  options: Omit<Parameters<typeof openArchive>[0], 'stream'>,
  disk: DiskWatch,
  onSynced: (sequence: number) => void,
): Promise<readonly [RecorderArchive, RecorderArchive]> {
  const frames = await openArchive({ ...options, stream: 'ws_raw', onSynced });
  try {
    const checkpoints = await openArchive({ ...options, stream: 'rest_checkpoints' });
    return [disk.guard(frames, 'ws_raw'), disk.guard(checkpoints, 'rest_checkpoints')];
  } catch (error) {
    await frames.close();
    throw error;
  }
}
