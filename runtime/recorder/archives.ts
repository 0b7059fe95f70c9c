import type { Provenance, Stream } from '../archive/row.ts';
import { ArchiveWriter } from '../archive/writer.ts';
import type { Configuration } from '../config/schema.ts';
import type { Logger } from '../observability/logger.ts';
import type { RecorderMetrics } from './metrics.ts';
import type { RecorderArchive } from './recorder.ts';

/** Opens the archive of one stream for this run, logging and counting what happens to it. */
export async function openArchive(options: {
  readonly dataRoot: string;
  readonly stream: Stream;
  readonly provenance: Provenance;
  readonly configuration: Configuration;
  readonly metrics: RecorderMetrics;
  readonly logger: Logger;
}): Promise<RecorderArchive> {
  const { stream, metrics, logger } = options;
  const { archive, recorder } = options.configuration;
  const writer = await ArchiveWriter.open({
    dataRoot: options.dataRoot,
    stream,
    provenance: options.provenance,
    limits: {
      rotateAfterMs: archive.rotateAfter,
      rotateBytes: archive.rotateBytes,
      flushIntervalMs: archive.flushInterval,
      gzipLevel: archive.gzipLevel,
      queueBytes: recorder.queueBytes,
    },
    onEvent(event) {
      switch (event.kind) {
        case 'opened':
          logger.info({ stream, path: event.path }, 'archive opened');
          return;
        case 'closed': {
          const { path, rows, bytes, sha256, close_reason } = event.manifest;
          metrics.archivesClosed.inc({ stream });
          logger.info({ stream, path, rows, bytes, sha256, close_reason }, 'archive closed');
          return;
        }
        case 'failed':
          logger.error(
            { stream, err: event.error, attempt: event.attempt, retry_in_ms: event.retryInMs },
            'the disk refused; rows wait in memory',
          );
          return;
        case 'recovered':
          logger.info({ stream, attempts: event.attempts }, 'the disk works again');
      }
    },
  });
  return {
    append: (row) => writer.append(row),
    setTokens: (tokens) => writer.setTokens(tokens),
    close: () => writer.close(),
    get queuedBytes() {
      return writer.queuedBytes;
    },
    get trouble() {
      const { state } = writer;
      if (state.status === 'error') {
        return `the disk refuses rows of ${stream}: ${state.error.message}`;
      }
      return state.status === 'closed' ? `the archive of ${stream} is closed` : null;
    },
  };
}
