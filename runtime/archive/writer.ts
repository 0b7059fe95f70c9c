import { join } from 'node:path';
import { type ArchiveClock, systemArchiveClock } from './clock.ts';
import { type Disk, makeFolders, nodeDisk } from './disk.ts';
import { ArchiveError } from './error.ts';
import { LOCK_FOLDER, writerLockPath } from './layout.ts';
import { type Lock, tryLock } from './lock.ts';
import type { ArchiveManifest } from './manifest.ts';
import type { Provenance, Stream } from './row.ts';
import type { NewRow } from './row-line.ts';
import { RowQueue } from './row-queue.ts';
import { BATCH_BYTES, SegmentChain } from './segment-chain.ts';

/** When a segment ends and what may wait; from `archive` and `recorder` of the configuration. */
export interface ArchiveLimits {
  /** A segment older than this is closed. */
  readonly rotateAfterMs: number;
  /** A segment with this many compressed bytes is closed. */
  readonly rotateBytes: number;
  /** Rows older than this are on the medium, unless the disk is slow or refuses. */
  readonly flushIntervalMs: number;
  readonly gzipLevel: number;
  /** Rows that may wait for the disk, in bytes. */
  readonly queueBytes: number;
  /** How long `close` tries to bring everything to the disk. */
  readonly closeTimeoutMs?: number;
}

export type ArchiveEvent =
  | { readonly kind: 'opened'; readonly path: string }
  | { readonly kind: 'closed'; readonly manifest: ArchiveManifest }
  /** The disk refused; it is tried again after `retryInMs`. */
  | {
      readonly kind: 'failed';
      readonly error: Error;
      readonly attempt: number;
      readonly retryInMs: number;
    }
  /** The disk works again after `attempts` failures. */
  | { readonly kind: 'recovered'; readonly attempts: number };

export interface ArchiveWriterOptions {
  readonly dataRoot: string;
  readonly stream: Stream;
  readonly provenance: Provenance;
  readonly limits: ArchiveLimits;
  readonly clock?: ArchiveClock;
  readonly disk?: Disk;
  /** Told of everything that should be logged or counted; must not throw. */
  readonly onEvent?: (event: ArchiveEvent) => void;
  /** Told, many times a minute, that every row up to `sequence` is on the medium; must not throw. */
  readonly onSynced?: (sequence: number) => void;
}

/** `error` while the disk refuses: rows wait, and are refused once the queue is full. */
export type WriterState =
  | { readonly status: 'ok' | 'closed' }
  | {
      readonly status: 'error';
      readonly error: Error;
      readonly attempts: number;
      /** Milliseconds since 1970. */
      readonly since: number;
    };

const RETRY_INITIAL_MS = 100;
/** A full disk is asked this often: cheap, and it is used again soon after there is room. */
const RETRY_MAXIMUM_MS = 2_000;
/** Below the 30 s that Kubernetes gives a pod after SIGTERM by default. */
const CLOSE_TIMEOUT_MS = 20_000;

/**
 * Writes the rows of one stream in one run. `append` never waits; the rows go to the disk behind it, in order, in
 * segments whose sequences go on from one to the next. A disk that refuses is asked until it works again.
 */
export class ArchiveWriter {
  readonly #options: ArchiveWriterOptions;
  readonly #clock: ArchiveClock;
  readonly #queue: RowQueue;
  readonly #chain: SegmentChain;
  readonly #lock: Lock;
  #status: 'open' | 'closing' | 'closed' = 'open';
  #working = false;
  #flushWanted = false;
  #toldSynced: number | null = null;
  #cancelFlush: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #failure: { readonly error: Error; readonly attempts: number; readonly since: number } | null =
    null;
  #closed: Promise<void> | null = null;
  #drainedWaiters: (() => void)[] = [];
  #restWaiters: (() => void)[] = [];

  private constructor(options: ArchiveWriterOptions, lock: Lock) {
    this.#options = options;
    this.#lock = lock;
    this.#clock = options.clock ?? systemArchiveClock;
    this.#queue = new RowQueue(options.limits.queueBytes);
    this.#chain = new SegmentChain(
      {
        ...options,
        ...options.limits,
        clock: this.#clock,
        disk: options.disk ?? nodeDisk,
        onOpened: (path) => options.onEvent?.({ kind: 'opened', path }),
        onClosed: (manifest) => options.onEvent?.({ kind: 'closed', manifest }),
      },
      this.#queue,
    );
  }

  /**
   * Takes the lock of this run and stream and is ready for rows. The first file is opened by the first row.
   * Throws `ARCHIVE_LOCKED` if the run already has a writer for the stream.
   */
  static async open(options: ArchiveWriterOptions): Promise<ArchiveWriter> {
    const { dataRoot, stream, provenance } = options;
    await makeFolders(options.disk ?? nodeDisk, join(dataRoot, LOCK_FOLDER));
    const path = writerLockPath(stream, provenance.run_id);
    const lock = tryLock(join(dataRoot, path));
    if (lock === null) {
      throw new ArchiveError(
        'ARCHIVE_LOCKED',
        `${path}: expected to be the only writer of stream ${stream} in run ${provenance.run_id}, another one is alive`,
      );
    }
    return new ArchiveWriter(options, lock);
  }

  /** Bytes of rows that were appended and are not in the file yet. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Sequence that the next accepted row will get. */
  get nextSequence(): number {
    return this.#queue.nextSequence;
  }

  /** Sequence of the last row that is on the medium, or null while there is none. */
  get durableSequence(): number | null {
    return this.#chain.durableSequence;
  }

  /** Appended rows that are not on the medium yet. */
  get undurableRows(): number {
    return this.nextSequence - ((this.durableSequence ?? -1) + 1);
  }

  get state(): WriterState {
    if (this.#status === 'closed') return { status: 'closed' };
    return this.#failure === null ? { status: 'ok' } : { status: 'error', ...this.#failure };
  }

  /**
   * Gives `row` its sequence and returns it, or null if the queue is full or the writer is closing: then the row was
   * not taken, used up no sequence, and the caller counts it and says so in a gap row. Gap rows are taken a little
   * longer than others.
   */
  append(row: NewRow): number | null {
    if (this.#status !== 'open') return null;
    const sequence = this.#queue.push(row);
    if (sequence === null) return null;
    this.#armFlush();
    if (this.#queue.bytes >= BATCH_BYTES) this.#work();
    return sequence;
  }

  /** Tokens that are subscribed from now on; they stand in the manifest of the open segment and of all that follow. */
  setTokens(tokens: readonly string[]): void {
    this.#chain.setTokens(tokens);
  }

  /** Resolves once at most half of the queue is in use. */
  async drained(): Promise<void> {
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve) => this.#drainedWaiters.push(resolve));
  }

  /** Resolves once everything appended before is on the medium, however long the disk refuses, or the writer is closed. */
  async flush(): Promise<void> {
    if (this.#status === 'closed') return;
    const rest = this.#rest();
    this.#flushWanted = true;
    this.#work();
    await rest;
  }

  /**
   * Writes everything, closes the segment and gives the lock back. If the disk refuses for longer than
   * `closeTimeoutMs`, throws `ARCHIVE_CLOSE_INCOMPLETE` with the number of rows that are lost; the open file stays for
   * salvage.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#status = 'closing';
    const timeout = this.#options.limits.closeTimeoutMs ?? CLOSE_TIMEOUT_MS;
    let late = false;
    const cancel = this.#clock.after(timeout, () => {
      late = true;
      this.#wake();
    });
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#work();
    while (!late && (this.#working || this.#unclosed())) await this.#rest();
    cancel();
    this.#status = 'closed';
    this.#disarm();
    const left = this.#chain.openPath;
    this.#chain.abandon();
    // A call that the disk still holds may yet touch the file: then the lock is given back after it, or ends with the
    // process.
    if (!this.#working) this.#lock.release({ removeFile: left === null });
    if (left === null && this.undurableRows === 0) return;
    throw new ArchiveError(
      'ARCHIVE_CLOSE_INCOMPLETE',
      `${this.#options.stream}: expected to close within ${timeout} ms; ${this.undurableRows} rows are not on the disk and are lost, ${left ?? 'no file'} is left open for salvage: ${this.#failure?.error.message ?? 'the disk is too slow'}`,
      { cause: this.#failure?.error },
    );
  }

  /** Starts working unless that is under way or waits for a retry. */
  #work(): void {
    if (this.#working || this.#cancelRetry !== null || this.#status === 'closed') return;
    this.#working = true;
    this.#steps().then(
      () => this.#succeeded(),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Does what is to be done; throws at the first refusal of the disk. */
  async #steps(): Promise<void> {
    const flush = this.#flushWanted || this.#status === 'closing';
    this.#flushWanted = false;
    // Only what is here now: rows that keep coming must not keep the flush away.
    const upTo = flush ? this.#queue.nextSequence : 0;
    while (this.#queue.bytes >= BATCH_BYTES || this.#queue.holdsBefore(upTo)) {
      await this.#chain.writeBatch();
      this.#releaseDrained();
      if (this.#flushWanted) break;
    }
    if (flush) await this.#chain.flush();
    if (this.#status === 'closing' && this.#queue.isEmpty) await this.#chain.close('shutdown');
    else await this.#chain.rotateIfDue();
    this.#tellSynced();
  }

  #tellSynced(): void {
    const { durableSequence } = this;
    if (durableSequence === null || durableSequence === this.#toldSynced) return;
    this.#toldSynced = durableSequence;
    this.#options.onSynced?.(durableSequence);
  }

  #succeeded(): void {
    this.#working = false;
    if (this.#failure !== null) {
      this.#options.onEvent?.({ kind: 'recovered', attempts: this.#failure.attempts });
      this.#failure = null;
    }
    if (this.#status === 'closed') {
      this.#lock.release();
      return;
    }
    const closing = this.#status === 'closing' && this.#unclosed();
    if (this.#flushWanted || closing || this.#queue.bytes >= BATCH_BYTES) {
      this.#work();
      return;
    }
    // Also when no row comes: the segment ends when its time is over.
    if (this.#unclosed()) this.#armFlush();
    this.#wake();
  }

  #failed(error: unknown): void {
    this.#working = false;
    const attempts = (this.#failure?.attempts ?? 0) + 1;
    this.#failure = {
      error: error instanceof Error ? error : new Error(String(error)),
      attempts,
      since: this.#failure?.since ?? this.#clock.now(),
    };
    const retryInMs = Math.min(RETRY_MAXIMUM_MS, RETRY_INITIAL_MS * 2 ** (attempts - 1));
    this.#options.onEvent?.({
      kind: 'failed',
      error: this.#failure.error,
      attempt: attempts,
      retryInMs,
    });
    if (this.#status === 'closed') {
      this.#lock.release();
      return;
    }
    // Whatever was asked for is asked for again.
    this.#flushWanted = true;
    this.#cancelRetry = this.#clock.after(retryInMs, () => {
      this.#cancelRetry = null;
      this.#work();
    });
  }

  #armFlush(): void {
    if (this.#cancelFlush !== null) return;
    this.#cancelFlush = this.#clock.after(this.#options.limits.flushIntervalMs, () => {
      this.#cancelFlush = null;
      this.#flushWanted = true;
      this.#work();
    });
  }

  #disarm(): void {
    this.#cancelFlush?.();
    this.#cancelRetry?.();
  }

  #unclosed(): boolean {
    return this.#chain.openPath !== null || !this.#queue.isEmpty;
  }

  #hasRoom(): boolean {
    return this.queuedBytes <= this.#options.limits.queueBytes / 2;
  }

  #releaseDrained(): void {
    if (!this.#hasRoom()) return;
    for (const resolve of this.#drainedWaiters.splice(0)) resolve();
  }

  /** Resolves when the work is done, and no more is wanted. */
  #rest(): Promise<void> {
    return new Promise((resolve) => this.#restWaiters.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#restWaiters.splice(0)) resolve();
  }
}
