import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pause, systemArchiveClock } from '../archive/clock.ts';
import { readArchiveManifest } from '../archive/closing.ts';
import { ArchiveError } from '../archive/error.ts';
import { archivePath, parseArchiveName } from '../archive/layout.ts';
import type { ArchiveManifest } from '../archive/manifest.ts';
import { describe } from '../archive/measure.ts';
import { type ReadResult, type ScanOptions, scanArchive } from '../archive/reader.ts';
import type { Stream } from '../archive/row.ts';
import type { Tally } from '../archive/tally.ts';
import { manifestDifferences } from './manifest-comparison.ts';
import type { ArchiveReport } from './report.ts';
import { RowInspection } from './row-inspection.ts';
import type { ConnectionSpan } from './sequences.ts';

/** What was found in an archive, and what joining it with its neighbours needs. */
export interface ArchiveInspection {
  readonly report: ArchiveReport;
  readonly segment: number;
  readonly connections: ReadonlyMap<string, ConnectionSpan>;
}

/** Reads the archive at `path`, relative to `dataRoot`. Rejects only when the file cannot be opened or read. */
export async function inspectArchive(
  dataRoot: string,
  path: string,
  options: ScanOptions = {},
): Promise<ArchiveInspection> {
  const name = parseArchiveName(path);
  if (name === null) throw new Error(`${path}: expected the path of an archive`);
  const rows = new RowInspection();
  const read = await scanArchive(join(dataRoot, path), (row, line) => rows.add(row, line), options);
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
