import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../thrown.ts';
import { type Disk, exists, replaceFile } from './disk.ts';
import { ArchiveError } from './error.ts';
import { archiveManifestPath, openPath } from './layout.ts';
import { type ArchiveManifest, archiveManifest } from './manifest.ts';

/**
 * Gives the archive at `path` its name. Its content is complete and synced under the open name. May be repeated after
 * a failure, the kind included where the rename happened and only its answer was an error.
 */
export async function publishArchive(disk: Disk, dataRoot: string, path: string): Promise<void> {
  const open = join(dataRoot, openPath(path));
  const closed = join(dataRoot, path);
  if (await exists(closed)) {
    if (await exists(open)) {
      throw new ArchiveError(
        'ARCHIVE_EXISTS',
        `${path}: expected no closed archive of this name beside its open file; neither was touched. Move one of them away by hand after comparing them.`,
      );
    }
  } else {
    await disk.rename(open, closed);
  }
  await disk.syncFolder(dirname(closed));
}

/** Writes the manifest of a closed archive. */
export async function writeArchiveManifest(
  disk: Disk,
  dataRoot: string,
  manifest: ArchiveManifest,
): Promise<void> {
  const path = join(dataRoot, archiveManifestPath(manifest.path));
  await replaceFile(disk, path, `${JSON.stringify(archiveManifest.parse(manifest), null, 2)}\n`);
}

/** The manifest of the archive at `path`, or null if there is none. Throws `ARCHIVE_MANIFEST_INVALID`. */
export async function readArchiveManifest(
  dataRoot: string,
  path: string,
): Promise<ArchiveManifest | null> {
  const file = join(dataRoot, archiveManifestPath(path));
  return (await exists(file)) ? readManifestFile(file) : null;
}

/** The archive manifest in `file`. Throws `ARCHIVE_MANIFEST_INVALID`. */
export async function readManifestFile(file: string): Promise<ArchiveManifest> {
  try {
    return archiveManifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new ArchiveError(
      'ARCHIVE_MANIFEST_INVALID',
      `${file}: expected an archive manifest (orderbooks.archive-manifest.v1): ${messageOf(error)}`,
      { cause: error },
    );
  }
}
