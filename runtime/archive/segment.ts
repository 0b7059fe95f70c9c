import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { publishArchive, writeArchiveManifest } from './closing.ts';
import { Compressor } from './compressor.ts';
import { type Disk, type DiskFile, makeFolders, removeIfThere } from './disk.ts';
import { ArchiveError } from './error.ts';
import { archivePath, openPath } from './layout.ts';
import type { ArchiveManifest } from './manifest.ts';
import type { EndRow, Provenance, SegmentRow, Stream } from './row.ts';
import { frameworkLine } from './row-line.ts';
import { Tally } from './tally.ts';

export interface SegmentOptions {
  readonly disk: Disk;
  readonly dataRoot: string;
  readonly stream: Stream;
  readonly provenance: Provenance;
  readonly segment: number;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly gzipLevel: number;
}

/**
 * One archive while it is written. Every step may fail and be called again: compressed bytes are kept in memory until
 * they are synced, and are written at their own place in the file.
 */
export class Segment {
  readonly path: string;
  readonly openedAt: number;
  readonly #options: SegmentOptions;
  readonly #compressor: Compressor;
  readonly #tally = new Tally();
  readonly #tokens = new Set<string>();
  readonly #plainHash = createHash('sha256');
  readonly #hash = createHash('sha256');
  #plainBytes = 0;
  #bytes = 0;
  #file: DiskFile | null = null;
  /** Compressed bytes after `#syncedBytes`; dropped once they are on the medium. */
  #unsynced: Buffer[] = [];
  #syncedBytes = 0;
  #writtenBytes = 0;
  #started = false;
  #end: EndRow | null = null;
  #finished = false;
  #published = false;
  #abandoned = false;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.openedAt = options.openedAt;
    this.path = archivePath(
      options.stream,
      new Date(options.openedAt),
      options.provenance.run_id,
      options.segment,
    );
    this.#compressor = new Compressor(options.gzipLevel);
  }

  get rows(): number {
    return this.#tally.rows;
  }

  get plainBytes(): number {
    return this.#plainBytes;
  }

  /** Compressed bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True once the `end` row is written: no more rows can follow. */
  get ending(): boolean {
    return this.#end !== null;
  }

  addTokens(tokens: Iterable<string>): void {
    for (const token of tokens) this.#tokens.add(token);
  }

  /** Makes the file and writes the `segment` row. */
  async open(): Promise<void> {
    const { disk, dataRoot, stream, provenance, segment, openedAt } = this.#options;
    if (this.#file === null) {
      const path = join(dataRoot, openPath(this.path));
      await makeFolders(disk, dirname(path));
      // Left by an attempt of ours that failed after it made the file: the name carries our run and segment.
      await removeIfThere(disk, path);
      const file = await disk.create(path);
      if (this.#abandoned) {
        await file.close();
        throw this.#gaveUp();
      }
      this.#file = file;
    }
    await disk.syncFolder(dirname(join(dataRoot, this.path)));
    if (this.#started) return;
    this.#started = true;
    const { run_id, git_sha, image, config_sha256, pod } = provenance;
    await this.#compress(
      frameworkBytes({
        type: 'segment',
        schema: 'orderbooks.archive.v1',
        stream,
        segment,
        opened_at: new Date(openedAt).toISOString(),
        run_id,
        git_sha,
        image,
        config_sha256,
        pod,
      }),
    );
  }

  /** Compresses lines. They are in memory, not yet on the disk. */
  async add(lines: Buffer, rows: Tally): Promise<void> {
    this.#tally.addAll(rows);
    await this.#compress(lines);
  }

  /** Writes what was compressed, without waiting for the medium. */
  async write(): Promise<void> {
    if (this.#abandoned) throw this.#gaveUp();
    const file = this.#file;
    if (file === null) return;
    let start = this.#syncedBytes;
    for (const chunk of this.#unsynced) {
      const end = start + chunk.length;
      for (let stuck = 0; this.#writtenBytes < end; ) {
        const from = Math.max(this.#writtenBytes, start);
        const wrote = await file.write(chunk.subarray(from - start), from);
        this.#writtenBytes = from + wrote;
        stuck = wrote === 0 ? stuck + 1 : 0;
        if (stuck === MAX_EMPTY_WRITES) {
          throw new ArchiveError(
            'ARCHIVE_WRITE_STUCK',
            `${this.path}: expected the disk to take bytes, it took none ${stuck} times in a row`,
          );
        }
      }
      start = end;
    }
  }

  /** Brings every row added so far to the medium, readable even if nothing follows. */
  async flush(): Promise<void> {
    if (!this.#finished) this.#keep(await this.#compressor.flush());
    await this.#sync();
  }

  /**
   * Ends the archive with an `end` row, gives it its name and writes its manifest. After a failure call it again with
   * any arguments: the end that was written first stays.
   */
  async close(reason: EndRow['reason'], closedAt: number): Promise<ArchiveManifest> {
    if (this.#end === null) {
      this.#end = {
        type: 'end',
        rows: this.#tally.rows,
        closed_at: new Date(closedAt).toISOString(),
        reason,
      };
      await this.#compress(frameworkBytes(this.#end));
    }
    if (!this.#finished) {
      this.#finished = true;
      this.#keep(await this.#compressor.finish());
    }
    const { disk, dataRoot } = this.#options;
    if (!this.#published) {
      await this.#sync();
      // Forgotten first: a close that fails has closed the file all the same, and its content is synced.
      const file = this.#file;
      this.#file = null;
      await file?.close();
      await publishArchive(disk, dataRoot, this.path);
      this.#published = true;
    }
    const manifest = this.#manifest(this.#end);
    await writeArchiveManifest(disk, dataRoot, manifest);
    return manifest;
  }

  /** Lets go of the file of a segment that is not closed; salvage finds it. A step under way fails. */
  abandon(): void {
    this.#abandoned = true;
    this.#compressor.destroy();
    const file = this.#file;
    this.#file = null;
    // Not waited for: the disk may be what never answers. A close that fails changes nothing for who gave up.
    file?.close().catch(() => undefined);
  }

  #gaveUp(): ArchiveError {
    return new ArchiveError(
      'ARCHIVE_CLOSE_INCOMPLETE',
      `${this.path}: expected to write, but the writer gave up waiting for the disk`,
    );
  }

  async #compress(bytes: Buffer): Promise<void> {
    this.#plainHash.update(bytes);
    this.#plainBytes += bytes.length;
    this.#keep(await this.#compressor.write(bytes));
  }

  #keep(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      this.#unsynced.push(chunk);
    }
  }

  async #sync(): Promise<void> {
    await this.write();
    const file = this.#file;
    if (file === null || this.#syncedBytes === this.#writtenBytes) return;
    try {
      await file.sync();
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages, and a second sync would succeed without them:
      // everything since the last good one is written again.
      this.#writtenBytes = this.#syncedBytes;
      throw error;
    }
    this.#syncedBytes = this.#writtenBytes;
    this.#unsynced = [];
  }

  #manifest(end: EndRow): ArchiveManifest {
    const { provenance, stream, segment, openedAt } = this.#options;
    return {
      schema: 'orderbooks.archive-manifest.v1',
      ...provenance,
      stream,
      segment,
      path: this.path,
      opened_at: new Date(openedAt).toISOString(),
      closed_at: end.closed_at,
      close_reason: end.reason,
      salvaged: end.reason === 'salvaged',
      ...this.#tally.counted(),
      bytes: this.#bytes,
      sha256: this.#hash.copy().digest('hex'),
      plain_bytes: this.#plainBytes,
      plain_sha256: this.#plainHash.copy().digest('hex'),
      tokens: [...this.#tokens],
    };
  }
}

const MAX_EMPTY_WRITES = 8;

const frameworkBytes = (row: SegmentRow | EndRow): Buffer => Buffer.from(frameworkLine(row));
