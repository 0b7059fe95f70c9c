import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveClock, pause } from './clock.ts';
import { publishArchive, readManifestFile, writeArchiveManifest } from './closing.ts';
import { Compressor } from './compressor.ts';
import { type Disk, exists, makeFolders, replaceFile, writeFully } from './disk.ts';
import { ArchiveError, isSystemError } from './error.ts';
import {
  ARCHIVE_MANIFEST_FOLDER,
  ARCHIVE_SUFFIX,
  archiveManifestPath,
  archivePath,
  closedPath,
  LOCK_FOLDER,
  openPath,
  parseArchiveName,
  RAW_FOLDER,
  RUN_MANIFEST_FOLDER,
  writerLockPath,
} from './layout.ts';
import { type Lock, tryLock } from './lock.ts';
import { type ArchiveManifest, type RunManifest, runManifest } from './manifest.ts';
import { measureArchive } from './measure.ts';
import type { GapRow, Stream } from './row.ts';
import { frameworkLine } from './row-line.ts';
import { walk } from './walk.ts';

/** What was done about a run whose process is dead though its run manifest says `running`. */
export type CrashedRunAction =
  /** An archive that holds nothing but a `crash` gap says that the stream ended without a word. */
  | { readonly kind: 'marked'; readonly path: string; readonly manifest: ArchiveManifest }
  /** Its process lives, or left a file that is not salvaged yet. */
  | { readonly kind: 'living'; readonly path: string }
  /** Not done because of `error`; it is tried again at the next call. */
  | { readonly kind: 'failed'; readonly path: string; readonly error: Error };

export interface CrashedRunOptions {
  readonly dataRoot: string;
  /** Runs that write other streams too are left to their own kind. */
  readonly streams: readonly Stream[];
  readonly clock: ArchiveClock;
  readonly disk: Disk;
  readonly gzipLevel: number;
}

const STREAMS_OF: Readonly<Record<RunManifest['component'], readonly Stream[]>> = {
  'ws-recorder': ['ws_raw', 'rest_checkpoints'],
  collector: ['rest_snapshots'],
};
/** A run that ends in order gives its locks back a moment before its manifest says that it stopped. */
const SETTLING_MS = 2_000;

/**
 * Says explicitly that a run crashed where its archives do not: a writer that was killed before its first flush, or
 * between two archives, leaves no torn file that salvage could end with a `crash` gap. The run manifest, which still
 * says `running`, gives it away; it says `failed` once every stream of the run says how it ended.
 *
 * Call it after the open files were salvaged. Killed at any point, it goes on where it was when called again.
 */
export async function markCrashedRuns(
  options: CrashedRunOptions,
): Promise<readonly CrashedRunAction[]> {
  const { dataRoot, streams, clock, disk } = options;
  const actions: CrashedRunAction[] = [];
  const dead: { readonly path: string; readonly locks: readonly Lock[] }[] = [];
  try {
    for (const { path, run } of await runningRuns(dataRoot)) {
      const own = STREAMS_OF[run.component];
      if (!own.every((stream) => streams.includes(stream))) continue;
      await makeFolders(disk, join(dataRoot, LOCK_FOLDER));
      const locks = takeAll(dataRoot, own, run.run_id);
      if (locks === null) actions.push({ kind: 'living', path });
      else dead.push({ path, locks });
    }
    if (dead.length > 0) await pause(clock, SETTLING_MS);
    for (const { path } of dead) {
      try {
        actions.push(...(await settleRun(path, options)));
      } catch (error) {
        const known = error instanceof Error ? error : new Error(String(error));
        actions.push({ kind: 'failed', path, error: known });
      }
    }
  } finally {
    for (const { locks } of dead) for (const lock of locks) lock.release({ removeFile: true });
  }
  return actions;
}

async function runningRuns(dataRoot: string): Promise<{ path: string; run: RunManifest }[]> {
  const found: { path: string; run: RunManifest }[] = [];
  for (const name of await namesIn(join(dataRoot, RUN_MANIFEST_FOLDER))) {
    if (name.startsWith('.') || !name.endsWith('.json')) continue;
    const path = `${RUN_MANIFEST_FOLDER}/${name}`;
    const run = await readRun(dataRoot, path);
    if (run?.state === 'running') found.push({ path, run });
  }
  return found;
}

/** All locks of the run, or null, and none of them, if its process lives. */
function takeAll(dataRoot: string, streams: readonly Stream[], runId: string): Lock[] | null {
  const locks: Lock[] = [];
  for (const stream of streams) {
    const lock = tryLock(join(dataRoot, writerLockPath(stream, runId)));
    if (lock !== null) {
      locks.push(lock);
      continue;
    }
    for (const taken of locks) taken.release();
    return null;
  }
  return locks;
}

async function settleRun(path: string, options: CrashedRunOptions): Promise<CrashedRunAction[]> {
  const { dataRoot, disk } = options;
  const run = await readRun(dataRoot, path);
  if (run?.state !== 'running') return [];
  for (const stream of STREAMS_OF[run.component]) {
    if (await isUnsettled(dataRoot, stream, run.run_id)) return [{ kind: 'living', path }];
  }
  const marked: CrashedRunAction[] = [];
  const ends = new Map<Stream, ArchiveManifest | null>();
  for (const stream of STREAMS_OF[run.component]) {
    ends.set(stream, await lastArchive(dataRoot, stream, run.run_id));
  }
  // Killed after its archives were closed and before its manifest said so: nothing is missing.
  const inOrder = [...ends.values()].some((last) => last?.close_reason === 'shutdown');
  for (const [stream, last] of inOrder ? [] : ends) {
    // An archive that salvage ended has its crash gap.
    if (last?.close_reason === 'salvaged') continue;
    const manifest = await writeCrash(run, stream, last, options);
    marked.push({ kind: 'marked', path: manifest.path, manifest });
  }
  const settled: RunManifest = { ...run, state: 'failed' };
  await replaceFile(disk, join(dataRoot, path), `${JSON.stringify(settled, null, 2)}\n`);
  return marked;
}

/** True if salvage has yet to say how the run's archives of `stream` end. */
async function isUnsettled(dataRoot: string, stream: Stream, runId: string): Promise<boolean> {
  for await (const { path } of walk(dataRoot, `${RAW_FOLDER}/${stream}`)) {
    const closed = closedPath(path) ?? path;
    if (parseArchiveName(closed)?.runId !== runId) continue;
    if (closed !== path || !(await exists(join(dataRoot, archiveManifestPath(path))))) return true;
  }
  return false;
}

/** Manifest of the run's newest archive of `stream`, or null if it has none. */
async function lastArchive(
  dataRoot: string,
  stream: Stream,
  runId: string,
): Promise<ArchiveManifest | null> {
  let newest: { readonly path: string; readonly segment: number } | null = null;
  for await (const { path } of walk(dataRoot, `${ARCHIVE_MANIFEST_FOLDER}/${stream}`)) {
    const name = parseArchiveName(path.replace(/\.json$/, ARCHIVE_SUFFIX));
    if (name?.runId !== runId || name.segment <= (newest?.segment ?? 0)) continue;
    newest = { path, segment: name.segment };
  }
  return newest === null ? null : readManifestFile(join(dataRoot, newest.path));
}

async function writeCrash(
  run: RunManifest,
  stream: Stream,
  last: ArchiveManifest | null,
  options: CrashedRunOptions,
): Promise<ArchiveManifest> {
  const { dataRoot, disk, clock, gzipLevel } = options;
  const now = new Date(clock.now());
  const at = now.toISOString();
  const segment = (last?.segment ?? 0) + 1;
  const path = archivePath(stream, now, run.run_id, segment);
  const { run_id, git_sha, image, config_sha256, pod } = run;
  const gap: GapRow = {
    type: 'gap',
    sequence: (last?.last_sequence ?? -1) + 1,
    connection_id: null,
    reason: 'crash',
    since: last?.last_received_at ?? null,
    at,
    detail: `the process ended without a word: its run manifest, last written ${run.updated_at}, says running, and no open file was left`,
  };
  const lines = [
    frameworkLine({
      type: 'segment',
      schema: 'orderbooks.archive.v1',
      stream,
      segment,
      opened_at: at,
      ...{ run_id, git_sha, image, config_sha256, pod },
    }),
    `${JSON.stringify(gap)}\n`,
    frameworkLine({ type: 'end', rows: 1, closed_at: at, reason: 'salvaged' }),
  ];
  await writeOpenFile(disk, join(dataRoot, openPath(path)), lines.join(''), gzipLevel);
  await publishArchive(disk, dataRoot, path);
  const { manifest, problem } = await measureArchive(join(dataRoot, path), path);
  if (manifest === null) {
    throw new ArchiveError(
      'ARCHIVE_DAMAGED',
      `${path}: expected to read back the archive that was just written: ${problem}`,
    );
  }
  await writeArchiveManifest(disk, dataRoot, manifest);
  return manifest;
}

async function writeOpenFile(disk: Disk, path: string, text: string, level: number): Promise<void> {
  await makeFolders(disk, dirname(path));
  const compressor = new Compressor(level);
  const file = await disk.create(path);
  try {
    const chunks = [...(await compressor.write(Buffer.from(text))), ...(await compressor.finish())];
    await writeFully(file, Buffer.concat(chunks), 0);
    await file.sync();
  } finally {
    compressor.destroy();
    await file.close();
  }
}

/** Null for what is no run manifest: the inspector reports it. */
async function readRun(dataRoot: string, path: string): Promise<RunManifest | null> {
  try {
    const text = await readFile(join(dataRoot, path), 'utf8');
    return runManifest.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await exists(folder)) ? (await readdir(folder)).sort() : [];
}
