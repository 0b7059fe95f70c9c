import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readManifestFile } from '../archive/closing.ts';
import { exists, removeIfThere } from '../archive/disk.ts';
import { ArchiveError, isSystemError } from '../archive/error.ts';
import {
  ARCHIVE_MANIFEST_FOLDER,
  ARCHIVE_SUFFIX,
  archiveManifestPath,
  parseArchiveName,
  RAW_FOLDER,
  RUN_MANIFEST_FOLDER,
  VERIFIED_FOLDER,
  verifiedPath,
} from '../archive/layout.ts';
import { walk } from '../archive/walk.ts';
import { KEPT_OF_EACH_KIND, type PruneOptions } from './prune.ts';
import { verifiedAt } from './verified.ts';

/** An archive that may be gone, by its manifest. */
interface Known {
  readonly path: string;
  readonly openedAt: number;
  readonly segment: number;
}

/**
 * Deletes the manifests of archives that were uploaded, verified and deleted long ago, and the records of their
 * verification; returns how many files. On the remote each manifest lies beside its archive.
 *
 * What explains something that is still here stays: the inspector joins the archives of a run by the manifests of those
 * between them, so only the oldest segments of a run go, up to the first that is not done with; salvage goes on from
 * the last segment of a run, which stays as long as the run's own manifest; and the newest stay whatever their age, as
 * do other manifests.
 */
export async function pruneArchiveRecords(options: PruneOptions): Promise<number> {
  const { dataRoot } = options;
  const known = await knownArchives(dataRoot);
  const kept = new Set(
    known
      .toSorted((a, b) => b.openedAt - a.openedAt)
      .slice(0, KEPT_OF_EACH_KIND)
      .map((one) => one.path),
  );
  const runs = await runsWithManifest(dataRoot);
  let deleted = 0;
  for (const [run, segments] of Map.groupBy(known, ({ path }) => runOf(path))) {
    const last = runs.has(run.slice(0, run.indexOf(' '))) ? segments.at(-1) : undefined;
    const done: string[] = [];
    for (const one of segments) {
      options.signal?.throwIfAborted();
      if (one === last || kept.has(one.path) || !(await isDone(one, options))) break;
      done.push(one.path);
    }
    // A manifest without its archive and without a record of the verification would look like a loss.
    await removeAll(done.map(archiveManifestPath), options);
    await removeAll(done.map(verifiedPath), options);
    deleted += 2 * done.length;
  }
  return deleted + (await removeOrphans(options));
}

/** By their manifests, in the order of their segments within each run. */
async function knownArchives(dataRoot: string): Promise<Known[]> {
  const known: Known[] = [];
  for await (const { path, kind } of walk(dataRoot, ARCHIVE_MANIFEST_FOLDER)) {
    const below = path.slice(ARCHIVE_MANIFEST_FOLDER.length).replace(/\.json$/, '');
    const archive = `${RAW_FOLDER}${below}${ARCHIVE_SUFFIX}`;
    const name = parseArchiveName(archive);
    if (kind !== 'file' || name === null || archiveManifestPath(archive) !== path) continue;
    known.push({ path: archive, openedAt: name.openedAt, segment: name.segment });
  }
  return known.sort((a, b) => a.segment - b.segment);
}

function runOf(path: string): string {
  const name = parseArchiveName(path);
  return `${name?.runId} ${name?.stream}`;
}

/** Old, gone, and verified with the content that its manifest names. */
async function isDone({ path, openedAt }: Known, options: PruneOptions): Promise<boolean> {
  const { dataRoot, retentionMs, now } = options;
  if (now - openedAt <= retentionMs || (await exists(join(dataRoot, path)))) return false;
  const files = [archiveManifestPath(path), verifiedPath(path)];
  for (const file of files) if (!(await isOld(join(dataRoot, file), options))) return false;
  try {
    const { sha256 } = await readManifestFile(join(dataRoot, archiveManifestPath(path)));
    return (await verifiedAt(dataRoot, { path, sha256 })) !== null;
  } catch (error) {
    // A manifest that cannot be read is for the inspector to report.
    if (error instanceof ArchiveError) return false;
    throw error;
  }
}

/** False also for what is not there. */
async function isOld(file: string, { now, retentionMs }: PruneOptions): Promise<boolean> {
  try {
    const stat = await lstat(file);
    return stat.isFile() && now - stat.mtimeMs > retentionMs;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Records whose manifest went when this was interrupted. */
async function removeOrphans(options: PruneOptions): Promise<number> {
  const { dataRoot } = options;
  const orphans: string[] = [];
  for await (const { path, kind } of walk(dataRoot, VERIFIED_FOLDER)) {
    options.signal?.throwIfAborted();
    const archive = path.slice(VERIFIED_FOLDER.length + 1).replace(/\.json$/, '');
    const name = parseArchiveName(archive);
    if (kind !== 'file' || name === null || verifiedPath(archive) !== path) continue;
    if (options.now - name.openedAt <= options.retentionMs) continue;
    const isNeeded =
      (await exists(join(dataRoot, archiveManifestPath(archive)))) ||
      (await exists(join(dataRoot, archive)));
    if (!isNeeded && (await isOld(join(dataRoot, path), options))) orphans.push(path);
  }
  await removeAll(orphans, options);
  return orphans.length;
}

/** Removes the files; each folder is on the medium afterwards. */
async function removeAll(paths: readonly string[], options: PruneOptions): Promise<void> {
  const { dataRoot, disk } = options;
  for (const path of paths) await removeIfThere(disk, join(dataRoot, path));
  for (const folder of new Set(paths.map(dirname))) await disk.syncFolder(join(dataRoot, folder));
}

async function runsWithManifest(dataRoot: string): Promise<ReadonlySet<string>> {
  try {
    const names = await readdir(join(dataRoot, RUN_MANIFEST_FOLDER));
    return new Set(names.flatMap((name) => /_([A-Za-z0-9-]+)\.json$/.exec(name)?.[1] ?? []));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return new Set();
    throw error;
  }
}
