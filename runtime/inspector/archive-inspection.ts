import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pause, systemArchiveClock } from '../archive/clock.ts';
import { readArchiveManifest } from '../archive/closing.ts';
import { ArchiveError } from '../archive/error.ts';
import { archivePath, parseArchiveName } from '../archive/layout.ts';
import type { ArchiveManifest } from '../archive/manifest.ts';
import { describe } from '../archive/measure.ts';
import { type ReadResult, readArchive } from '../archive/reader.ts';
import type { CheckpointRow, GapRow, Stream } from '../archive/row.ts';
import type { NumberedRow } from '../archive/row-line.ts';
import { factsOf, Tally } from '../archive/tally.ts';
import { holdsData } from '../polymarket/frame.ts';
import { manifestDifferences } from './manifest-comparison.ts';
import type { ArchiveReport } from './report.ts';
import { type ConnectionSpan, SequenceCheck } from './sequences.ts';

/** What was found in an archive, and what joining it with its neighbours needs. */
export interface ArchiveInspection {
  readonly report: ArchiveReport;
  readonly segment: number;
  readonly connections: ReadonlyMap<string, ConnectionSpan>;
}

/** Problems of one kind that are told one by one; the counts are always whole. */
const TOLD_PER_KIND = 5;

/** Reads the archive at `path`, relative to `dataRoot`. Rejects only when the file cannot be opened or read. */
export async function inspectArchive(dataRoot: string, path: string): Promise<ArchiveInspection> {
  const name = parseArchiveName(path);
  if (name === null) throw new Error(`${path}: expected the path of an archive`);
  const rows = new RowInspection();
  const read = await readArchive(join(dataRoot, path), {
    onRows: (some) => {
      for (const { row, line } of some) rows.add(row, line);
    },
  });
  const { counted } = rows;
  const errors = [...misplaced(path, name), ...read.problems.map(describe)];
  if (read.problemCount > read.problems.length) {
    errors.push(`and ${read.problemCount - read.problems.length} more problems of reading`);
  }
  errors.push(...rows.errors());
  const compared = await compareManifest(dataRoot, path, read, counted);
  errors.push(...compared.errors);
  return {
    segment: name.segment,
    connections: rows.sequences.spans(),
    report: {
      path,
      stream: name.stream,
      run_id: read.segment?.run_id ?? null,
      git_sha: read.segment?.git_sha ?? null,
      image: read.segment?.image ?? null,
      bytes: read.bytes,
      sha256: read.sha256,
      plain_sha256: read.plainSha256,
      rows: counted.rows,
      frames: counted.frames,
      data_frames: rows.dataFrames,
      checkpoints: counted.checkpoints,
      good_checkpoints: rows.goodCheckpoints,
      gaps: rows.gaps,
      first_sequence: counted.first_sequence,
      last_sequence: counted.last_sequence,
      first_received_at: counted.first_received_at,
      last_received_at: counted.last_received_at,
      complete: read.problemCount === 0,
      close_reason: read.end?.reason ?? null,
      payload_mismatches: rows.payloadMismatches.count,
      sequence_breaks: rows.sequenceBreaks.count,
      connection_sequence_breaks: rows.connectionBreaks.count,
      manifest: compared.result,
      errors,
    },
  };
}

/** Sayings of one kind: all are counted, the first ones are kept. */
class Sayings {
  count = 0;
  readonly #told: string[] = [];

  add(line: number, saying: string | null): void {
    if (saying === null) return;
    this.count++;
    if (this.#told.length < TOLD_PER_KIND) this.#told.push(`line ${line}: ${saying}`);
  }

  told(): string[] {
    const more = this.count - this.#told.length;
    return more === 0 ? this.#told : [...this.#told, `and ${more} more of this kind`];
  }
}

class RowInspection {
  readonly #tally = new Tally();
  readonly sequences = new SequenceCheck();
  readonly gaps: GapRow[] = [];
  dataFrames = 0;
  goodCheckpoints = 0;
  readonly payloadMismatches = new Sayings();
  readonly sequenceBreaks = new Sayings();
  readonly connectionBreaks = new Sayings();

  get counted() {
    return this.#tally.counted();
  }

  add(row: NumberedRow, line: number): void {
    this.#tally.add(factsOf(row));
    const breaks = this.sequences.next(row);
    this.sequenceBreaks.add(line, breaks.row);
    this.connectionBreaks.add(line, breaks.connection);
    if (row.type === 'gap') {
      this.gaps.push(row);
      return;
    }
    const observed = hash('sha256', row.raw_text);
    if (observed !== row.payload_sha256) {
      this.payloadMismatches.add(
        line,
        `payload hashes to ${observed}, the row says ${row.payload_sha256}`,
      );
    }
    if (row.type === 'checkpoint') this.goodCheckpoints += isGood(row) ? 1 : 0;
    else if (isData(row.raw_text)) this.dataFrames++;
  }

  errors(): string[] {
    return [this.payloadMismatches, this.sequenceBreaks, this.connectionBreaks].flatMap((sayings) =>
      sayings.told(),
    );
  }
}

/** Longer than any spacing before the first two marks of a frame that was ever seen. */
const DECIDING_CHARACTERS = 64;

/** The first characters decide about nearly every text, so it is not turned into bytes as a whole. */
function isData(text: string): boolean {
  const whole = text.includes('new_market');
  return holdsData(Buffer.from(whole ? text : text.slice(0, DECIDING_CHARACTERS)));
}

/** Answered with status 200 and at least one book. */
function isGood(row: CheckpointRow): boolean {
  if (row.status !== 200) return false;
  try {
    const books: unknown = JSON.parse(row.raw_text);
    return Array.isArray(books) && books.length > 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function misplaced(
  path: string,
  name: { stream: Stream; openedAt: number; runId: string; segment: number },
): string[] {
  const due = archivePath(name.stream, new Date(name.openedAt), name.runId, name.segment);
  return path === due ? [] : [`lies in the wrong folder: its name belongs to ${due}`];
}

/** A writer names an archive and then writes its manifest: in between there is none, for a moment. */
const CLOSING_MS = 5_000;
const LOOKS = 10;
const LOOK_EVERY_MS = 100;

async function manifestOf(dataRoot: string, path: string): Promise<ArchiveManifest | null> {
  for (let look = 1; ; look++) {
    const manifest = await readArchiveManifest(dataRoot, path);
    if (manifest !== null || look === LOOKS) return manifest;
    const { mtimeMs } = await stat(join(dataRoot, path));
    if (Date.now() - mtimeMs > CLOSING_MS) return null;
    await pause(systemArchiveClock, LOOK_EVERY_MS);
  }
}

interface Compared {
  readonly result: ArchiveReport['manifest'];
  readonly errors: readonly string[];
}

async function compareManifest(
  dataRoot: string,
  path: string,
  read: ReadResult,
  counted: ReturnType<Tally['counted']>,
): Promise<Compared> {
  let manifest: ArchiveManifest | null;
  try {
    manifest = await manifestOf(dataRoot, path);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { result: 'mismatch', errors: [error.message] };
  }
  if (manifest === null) {
    return { result: 'missing', errors: ['the archive has no manifest'] };
  }
  const { segment, end } = read;
  const errors = manifestDifferences(manifest, {
    // What the file does not say because it is damaged is not compared; that it is damaged is said elsewhere.
    run_id: segment?.run_id ?? manifest.run_id,
    git_sha: segment?.git_sha ?? manifest.git_sha,
    image: segment?.image ?? manifest.image,
    config_sha256: segment?.config_sha256 ?? manifest.config_sha256,
    pod: segment?.pod ?? manifest.pod,
    stream: segment?.stream ?? manifest.stream,
    segment: segment?.segment ?? manifest.segment,
    opened_at: segment?.opened_at ?? manifest.opened_at,
    closed_at: end?.closed_at ?? manifest.closed_at,
    close_reason: end?.reason ?? manifest.close_reason,
    salvaged: (end?.reason ?? manifest.close_reason) === 'salvaged',
    path,
    ...counted,
    bytes: read.bytes,
    sha256: read.sha256,
    plain_bytes: read.plainBytes,
    plain_sha256: read.plainSha256,
  });
  return { result: errors.length === 0 ? 'match' : 'mismatch', errors };
}
