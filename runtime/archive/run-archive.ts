import type { Counter, Gauge } from 'prom-client';
import type { Configuration } from '../config/schema.ts';
import type { Logger } from '../observability/logger.ts';
import type { Disk } from './disk.ts';
import type { Provenance, Stream } from './row.ts';
import type { NewRow } from './row-line.ts';
import { ArchiveWriter } from './writer.ts';

/** The archive of one stream in one run; it survives a disk that fails for a while. */
export interface RunArchive {
  /** The sequence of the row, or null if it was not taken because too much waits. */
  append(row: NewRow): number | null;
  /** Token ids for the manifests of this and later segments. */
  setTokens(tokens: readonly string[]): void;
  /** Resolves once everything appended before is on the medium, however long the disk refuses. */
  flush(): Promise<void>;
  /** Resolves once everything is on the disk under its final name. */
  close(): Promise<void>;
  /** Bytes handed over and not yet on the disk. */
  readonly queuedBytes: number;
  /** Sequence of the last row that is on the medium, or null while there is none. */
  readonly durableSequence: number | null;
  /** Why nothing can be written at the moment, null when writing works. */
  readonly trouble: string | null;
}

/** Opens the archive of one stream for this run, logging and counting what happens to it. */
export async function openArchive(options: {
  readonly dataRoot: string;
  readonly stream: Stream;
  readonly provenance: Provenance;
  readonly configuration: Configuration;
  readonly metrics: {
    readonly archivesClosed: Counter<'stream'>;
    /** 1 while the disk refuses rows, else 0. */
    readonly archiveTrouble?: Gauge<'stream'>;
  };
  readonly logger: Logger;
  /** Bytes of rows that may wait for the disk; those of the recorder if not said. */
  readonly queueBytes?: number;
  /** Told that every row up to `sequence` is on the medium. */
  readonly onSynced?: (sequence: number) => void;
  /** For tests; the real one if not said. */
  readonly disk?: Disk;
}): Promise<RunArchive> {
  const { stream, metrics, logger } = options;
  const { archive, recorder } = options.configuration;
  const writer = await ArchiveWriter.open({
    dataRoot: options.dataRoot,
    ...(options.disk === undefined ? {} : { disk: options.disk }),
    stream,
    provenance: options.provenance,
    limits: {
      rotateAfterMs: archive.rotateAfter,
      rotateBytes: archive.rotateBytes,
      flushIntervalMs: archive.flushInterval,
      gzipLevel: archive.gzipLevel,
      queueBytes: options.queueBytes ?? recorder.queueBytes,
    },
    ...(options.onSynced === undefined ? {} : { onSynced: options.onSynced }),
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
          metrics.archiveTrouble?.set({ stream }, 1);
          logger.error(
            { stream, err: event.error, attempt: event.attempt, retry_in_ms: event.retryInMs },
            'the disk refused; rows wait in memory',
          );
          return;
        case 'recovered':
          metrics.archiveTrouble?.set({ stream }, 0);
          logger.info({ stream, attempts: event.attempts }, 'the disk works again');
      }
    },
  });
  return {
    append: (row) => writer.append(row),
    setTokens: (tokens) => writer.setTokens(tokens),
    flush: () => writer.flush(),
    close: () => writer.close(),
    get durableSequence() {
      return writer.durableSequence;
    },
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
