import type { ArchiveClock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { ArchiveManifest } from './manifest.ts';
import type { Provenance, Stream } from './row.ts';
import type { RowQueue } from './row-queue.ts';
import { Segment } from './segment.ts';

/** Rows are compressed and written once they have about this size together. */
export const BATCH_BYTES = 262_144;

export interface SegmentChainOptions {
  readonly dataRoot: string;
  readonly stream: Stream;
  readonly provenance: Provenance;
  readonly clock: ArchiveClock;
  readonly disk: Disk;
  readonly rotateAfterMs: number;
  readonly rotateBytes: number;
  readonly gzipLevel: number;
  readonly onOpened: (path: string) => void;
  readonly onClosed: (manifest: ArchiveManifest) => void;
}

/**
 * The segments of one run and stream, one after the other: moves rows from the queue into the open one and closes it
 * when it is old, large, or of another UTC day. A step that the disk refuses throws, and goes on from there when it is
 * called again. Calls must not overlap.
 */
export class SegmentChain {
  readonly #options: SegmentChainOptions;
  readonly #queue: RowQueue;
  #tokens: readonly string[] = [];
  #segment: Segment | null = null;
  #segmentOpened = false;
  #segments = 0;
  /** The last row that was taken out of the queue. */
  #takenSequence: number | null = null;
  #durableSequence: number | null = null;

  constructor(options: SegmentChainOptions, queue: RowQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  /** Path of the segment that is open or half closed, or null. */
  get openPath(): string | null {
    return this.#segment?.path ?? null;
  }

  /** Sequence of the last row that is on the medium, or null. */
  get durableSequence(): number | null {
    return this.#durableSequence;
  }

  setTokens(tokens: readonly string[]): void {
    this.#tokens = [...tokens];
    this.#segment?.addTokens(tokens);
  }

  /** Writes one portion of the queue, after closing the open segment if that is due. */
  async writeBatch(): Promise<void> {
    await this.rotateIfDue();
    const segment = this.#segment ?? this.#newSegment();
    if (!this.#segmentOpened) {
      await segment.open();
      this.#segmentOpened = true;
      this.#options.onOpened(segment.path);
    }
    // What an earlier attempt compressed and could not write comes first: no more is taken while the disk refuses.
    await segment.write();
    const batch = this.#queue.take();
    segment.addTokens(batch.tokens);
    this.#takenSequence = batch.tally.lastSequence ?? this.#takenSequence;
    await segment.add(batch.lines, batch.tally);
    this.#queue.recycle(batch);
    await segment.write();
  }

  /** Brings everything taken from the queue to the medium. */
  async flush(): Promise<void> {
    if (this.#segment === null || this.#durableSequence === this.#takenSequence) return;
    await this.#segment.flush();
    this.#durableSequence = this.#takenSequence;
  }

  async rotateIfDue(): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    if (segment.ending || this.#isDue(segment)) await this.close('rotation');
  }

  /** Closes the open segment, if there is one. */
  async close(reason: 'rotation' | 'shutdown'): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    const manifest = await segment.close(reason, this.#options.clock.now());
    this.#segment = null;
    this.#durableSequence = this.#takenSequence;
    this.#options.onClosed(manifest);
  }

  /** Lets go of the open segment as it is; salvage finds its file. */
  abandon(): void {
    this.#segment?.abandon();
  }

  #newSegment(): Segment {
    const { disk, dataRoot, stream, provenance, gzipLevel } = this.#options;
    this.#segments++;
    const segment = new Segment({
      disk,
      dataRoot,
      stream,
      provenance,
      segment: this.#segments,
      openedAt: this.#openingTime(),
      gzipLevel,
    });
    segment.addTokens(this.#tokens);
    this.#segment = segment;
    this.#segmentOpened = false;
    return segment;
  }

  /** Now, but never before the day of the row that is written next: archives lie in the folder of their rows' day. */
  #openingTime(): number {
    const day = Date.parse(`${this.#queue.day}T00:00:00Z`);
    return Math.max(this.#options.clock.now(), Number.isNaN(day) ? 0 : day);
  }

  #isDue(segment: Segment): boolean {
    if (segment.rows === 0) return false;
    const { rotateAfterMs, rotateBytes, clock } = this.#options;
    const now = clock.now();
    const day = new Date(segment.openedAt).toISOString().slice(0, 10);
    const nextDay = this.#queue.day ?? new Date(now).toISOString().slice(0, 10);
    return now - segment.openedAt >= rotateAfterMs || segment.bytes >= rotateBytes || nextDay > day;
  }
}
