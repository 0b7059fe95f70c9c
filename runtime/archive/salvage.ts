import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveClock, systemArchiveClock } from './clock.ts';
import { publishArchive, readManifestFile, writeArchiveManifest } from './closing.ts';
import { markCrashedRuns } from './crashed-runs.ts';
import { type Disk, exists, makeFolders, nodeDisk, removeIfThere } from './disk.ts';
import { ArchiveError, isSystemError } from './error.ts';
import {
  ARCHIVE_MANIFEST_FOLDER,
  ARCHIVE_SUFFIX,
  archiveManifestPath,
  closedPath,
  LOCK_FOLDER,
  OPEN_SUFFIX,
  openPath,
  parseArchiveName,
  RAW_FOLDER,
  UNREADABLE_SUFFIX,
  WRITER_LOCK,
  writerLockPath,
} from './layout.ts';
import { tryLock } from './lock.ts';
import type { ArchiveManifest } from './manifest.ts';
import { type Measured, measureArchive } from './measure.ts';
import { rewriteTorn } from './rewrite.ts';
import { STREAMS, type Stream } from './row.ts';
import { walk } from './walk.ts';

export type SalvageAction =
  /** A torn file became an archive that ends with a `crash` gap. */
  | {
      readonly kind: 'salvaged';
      readonly path: string;
      readonly manifest: ArchiveManifest;
      /** What could not be read, in words; null if all could. */
      readonly unreadable: string | null;
    }
  /** A whole file, whose writer died between its end and its name or its manifest, got what was missing. */
  | { readonly kind: 'finished'; readonly path: string; readonly manifest: ArchiveManifest }
  /** Nothing could be read; the file was kept at `keptAs`, or removed if no row ever reached it (then null). */
  | {
      readonly kind: 'unreadable';
      readonly path: string;
      readonly keptAs: string | null;
      readonly reason: string;
    }
  /** A run that died and left no torn file got an archive that holds a `crash` gap and nothing else. */
  | { readonly kind: 'marked'; readonly path: string; readonly manifest: ArchiveManifest }
  /** Its writer lives; look again later, it may die too. */
  | { readonly kind: 'living'; readonly path: string }
  /** Not done because of `error`; the file is as it was. */
  | { readonly kind: 'failed'; readonly path: string; readonly error: Error };

export interface SalvageOptions {
  readonly dataRoot: string;
  /** Only these; all of them if not said. Who writes one stream leaves the others to their writers. */
  readonly streams?: readonly Stream[];
  readonly clock?: ArchiveClock;
  readonly disk?: Disk;
  readonly gzipLevel?: number;
  /** Told of each action as it is done. */
  readonly onAction?: (action: SalvageAction) => void;
}

/** File beside the archives that holds what salvage writes until it is whole. */
const SALVAGE_SUFFIX = '.salvage';
const GZIP_LEVEL = 6;
/** Far beyond the moment between a writer's making its lock file and locking it. */
const SWEEP_AFTER_MS = 3_600_000;

/**
 * Turns what dead writers left into archives, and says of a run that died without leaving anything that it did. Safe while others write, and when two do it at once: each run and stream
 * is worked on only under its lock. Killed at any point, it goes on where it was when called again. Rejects only when
 * the folders cannot be listed or locked; trouble with one file is an action of kind `failed`.
 *
 * Call it at start, and again every minute or so while it reports `living` files of other runs.
 */
export async function salvageArchives(options: SalvageOptions): Promise<readonly SalvageAction[]> {
  const actions: SalvageAction[] = [];
  const disk = options.disk ?? nodeDisk;
  for (const group of await leftovers(options.dataRoot, options.streams ?? STREAMS)) {
    await makeFolders(disk, join(options.dataRoot, LOCK_FOLDER));
    const lock = tryLock(join(options.dataRoot, group.lock));
    for (const path of group.paths) {
      const action: SalvageAction | null =
        lock === null ? { kind: 'living', path } : await attempt(path, () => settle(path, options));
      if (action === null) continue;
      actions.push(action);
      options.onAction?.(action);
    }
    lock?.release({ removeFile: actions.every((action) => action.kind !== 'failed') });
  }
  const clock = options.clock ?? systemArchiveClock;
  const marked = await markCrashedRuns({
    dataRoot: options.dataRoot,
    streams: options.streams ?? STREAMS,
    clock,
    disk,
    gzipLevel: options.gzipLevel ?? GZIP_LEVEL,
  });
  for (const action of marked) {
    actions.push(action);
    options.onAction?.(action);
  }
  await sweepLocks(options.dataRoot, clock.now());
  return actions;
}

/** Removes the locks of runs that ended without leaving a file. Young ones may be about to be taken. */
async function sweepLocks(dataRoot: string, now: number): Promise<void> {
  for await (const { path, kind } of walk(dataRoot, LOCK_FOLDER)) {
    if (kind !== 'file' || !WRITER_LOCK.test(path)) continue;
    try {
      if (now - (await stat(join(dataRoot, path))).mtimeMs < SWEEP_AFTER_MS) continue;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) continue;
      throw error;
    }
    tryLock(join(dataRoot, path))?.release({ removeFile: true });
  }
}

interface Leftovers {
  readonly lock: string;
  /** Paths of the archives as they will be, oldest first. */
  readonly paths: string[];
}

/** Archives that are not closed, or have no manifest, by run and stream. */
async function leftovers(
  dataRoot: string,
  streams: readonly Stream[],
): Promise<Iterable<Leftovers>> {
  const groups = new Map<string, Leftovers>();
  for await (const { path, kind } of walk(dataRoot, RAW_FOLDER)) {
    if (kind !== 'file') continue;
    const closed = closedPath(path) ?? path;
    const name = parseArchiveName(closed);
    if (name === null || !streams.includes(name.stream)) continue;
    if (closed === path && (await exists(join(dataRoot, archiveManifestPath(path))))) continue;
    const lock = writerLockPath(name.stream, name.runId);
    const group = groups.get(lock) ?? { lock, paths: [] };
    if (!group.paths.includes(closed)) group.paths.push(closed);
    groups.set(lock, group);
  }
  return groups.values();
}

async function attempt(
  path: string,
  act: () => Promise<SalvageAction | null>,
): Promise<SalvageAction | null> {
  try {
    return await act();
  } catch (error) {
    return { kind: 'failed', path, error: error instanceof Error ? error : new Error(`${error}`) };
  }
}

/** Null if there was nothing to do after all: its writer closed it after the folders were listed. */
async function settle(path: string, options: SalvageOptions): Promise<SalvageAction | null> {
  const { dataRoot } = options;
  const disk = options.disk ?? nodeDisk;
  const open = join(dataRoot, openPath(path));
  let unreadable: string | null = null;
  if (await exists(open)) {
    await removeIfThere(disk, `${open}${SALVAGE_SUFFIX}`);
    const torn = await measureArchive(open, path);
    if (torn.manifest === null) {
      const next = await nextSequence(dataRoot, torn);
      if (next === null) return setAside(disk, dataRoot, path, torn);
      const clock = options.clock ?? systemArchiveClock;
      await rewriteTorn(torn, {
        disk,
        from: open,
        temporary: `${open}${SALVAGE_SUFFIX}`,
        sequence: next,
        foundAt: new Date(clock.now()),
        gzipLevel: options.gzipLevel ?? GZIP_LEVEL,
      });
      unreadable = torn.problem;
    }
    await publishArchive(disk, dataRoot, path);
  } else if (
    !(await exists(join(dataRoot, path))) ||
    (await exists(join(dataRoot, archiveManifestPath(path))))
  ) {
    return null;
  }
  const { manifest, problem } = await measureArchive(join(dataRoot, path), path);
  if (manifest === null) {
    throw new ArchiveError(
      'ARCHIVE_DAMAGED',
      `${path}: expected a whole archive, whose missing manifest can be written: ${problem}`,
    );
  }
  await writeArchiveManifest(disk, dataRoot, manifest);
  return manifest.salvaged
    ? { kind: 'salvaged', path, manifest, unreadable }
    : { kind: 'finished', path, manifest };
}

/**
 * Sequence of the row after the last readable one. A segment without rows goes on from the segment before it; null if
 * not even its first line can be read, or nobody knows what was before.
 */
async function nextSequence(dataRoot: string, torn: Measured): Promise<number | null> {
  if (torn.segment === null) return null;
  if (torn.counted.last_sequence !== null) return torn.counted.last_sequence + 1;
  const { run_id, stream, segment } = torn.segment;
  if (segment === 1) return 0;
  for await (const found of walk(dataRoot, `${ARCHIVE_MANIFEST_FOLDER}/${stream}`)) {
    const name = parseArchiveName(found.path.replace(/\.json$/, ARCHIVE_SUFFIX));
    if (name?.runId !== run_id || name.segment !== segment - 1) continue;
    const before = await readManifestFile(join(dataRoot, found.path));
    return before.last_sequence === null ? null : before.last_sequence + 1;
  }
  return null;
}

async function setAside(
  disk: Disk,
  dataRoot: string,
  path: string,
  torn: Measured,
): Promise<SalvageAction> {
  const open = openPath(path);
  const keptAs = torn.blank ? null : `${open.slice(0, -OPEN_SUFFIX.length)}${UNREADABLE_SUFFIX}`;
  if (keptAs === null) await disk.remove(join(dataRoot, open));
  else await disk.rename(join(dataRoot, open), join(dataRoot, keptAs));
  await disk.syncFolder(dirname(join(dataRoot, open)));
  return { kind: 'unreadable', path, keptAs, reason: torn.problem };
}
