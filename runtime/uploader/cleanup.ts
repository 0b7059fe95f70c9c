import { dirname, join } from 'node:path';
import { type Disk, removeIfThere, replaceFile } from '../archive/disk.ts';
import { LOCK_FOLDER } from '../archive/layout.ts';
import { localProblem } from './candidates.ts';
import { UploadError } from './error.ts';
import type { Depth, Remote, UploadFile } from './remote.ts';
import { forgetVerified } from './verified.ts';

export interface CleanupOptions {
  readonly dataRoot: string;
  readonly disk: Disk;
  readonly remote: Remote;
  readonly uploadId: string;
  /** How the copies are compared before their local files go. */
  readonly depth: Depth;
  readonly signal?: AbortSignal;
}

export interface CleanupResult {
  readonly file: UploadFile;
  readonly deleted: boolean;
  /** Why it was not deleted; null if it was. */
  readonly error: string | null;
  /** What the verdict on the copy rests on, as in `Verification`. */
  readonly by: string;
}

/**
 * Deletes `files`, whose copies were verified once and which are older than the retention, after their copies were
 * compared again now. What is not right on the remote any more stays, and is uploaded again by the next run.
 */
export async function cleanUp(
  files: readonly UploadFile[],
  options: CleanupOptions,
): Promise<readonly CleanupResult[]> {
  if (files.length === 0) return [];
  const { dataRoot, disk, remote, depth, signal } = options;
  await refuseOwnFolder(options);
  const { by, results: copies } = await remote.verify(files, depth);
  const results: CleanupResult[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    const copy = copies.get(file.path);
    if (copy !== null) {
      await forgetVerified(disk, dataRoot, file.path);
      const error = `not deleted: ${copy ?? 'the remote gave no answer for the copy'}`;
      results.push({ file, deleted: false, error, by });
      continue;
    }
    const local = await localProblem(dataRoot, file, signal);
    if (local !== null) {
      results.push({ file, deleted: false, error: `not deleted: ${local}`, by });
      continue;
    }
    await disk.remove(join(dataRoot, file.path));
    await disk.syncFolder(dirname(join(dataRoot, file.path)));
    results.push({ file, deleted: true, error: null, by });
  }
  return results;
}

/**
 * A remote that is the data root itself, by whatever way, holds every file with the right content, and deleting one
 * would delete its only copy. A file that was never uploaded gives it away.
 */
async function refuseOwnFolder(options: CleanupOptions): Promise<void> {
  const { dataRoot, disk, remote, uploadId } = options;
  const probe = `${LOCK_FOLDER}/probe_${uploadId}.json`;
  await replaceFile(disk, join(dataRoot, probe), '{}\n');
  try {
    const seen = (await remote.readBack([probe])).get(probe);
    if (seen !== undefined && seen.sha256 === null) return;
    throw new UploadError(
      'REMOTE_UNUSABLE',
      `uploader.remote.target: expected a place apart from the data root, but ${remote.type} ${remote.target} shows ${probe}, which was never uploaded: it is the data root itself. Nothing is deleted.`,
    );
  } finally {
    await removeIfThere(disk, join(dataRoot, probe));
  }
}
