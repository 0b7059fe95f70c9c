import { join } from 'node:path';
import { type ArchiveClock, pause, systemArchiveClock } from '../archive/clock.ts';
import { makeFolders, nodeDisk } from '../archive/disk.ts';
import { LOCK_FOLDER } from '../archive/layout.ts';
import { type Lock, tryLock } from '../archive/lock.ts';
import { UploadError } from './error.ts';

/** A scheduled run and one that a gate started may meet; the later one waits for the earlier. */
export const LOCK_PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 500;

/** The uploader's lock on `dataRoot`. Throws `UPLOAD_LOCKED` if another uploader still works after `patienceMs`. */
export async function uploaderLock(
  dataRoot: string,
  options: {
    readonly patienceMs?: number;
    readonly clock?: ArchiveClock;
    readonly signal?: AbortSignal;
    readonly onWaiting?: () => void;
  } = {},
): Promise<Lock> {
  const clock = options.clock ?? systemArchiveClock;
  const until = clock.now() + (options.patienceMs ?? LOCK_PATIENCE_MS);
  await makeFolders(nodeDisk, join(dataRoot, LOCK_FOLDER));
  for (let attempt = 0; ; attempt++) {
    const lock = tryLock(join(dataRoot, LOCK_FOLDER, 'uploader.lock'));
    if (lock !== null) return lock;
    if (options.signal?.aborted) {
      throw new UploadError(
        'UPLOAD_INTERRUPTED',
        'told to stop while waiting for another uploader',
      );
    }
    if (clock.now() >= until) {
      throw new UploadError(
        'UPLOAD_LOCKED',
        `expected to be the only uploader of ${dataRoot}; another one is still at work after ${options.patienceMs ?? LOCK_PATIENCE_MS} ms. Nothing was uploaded by this one.`,
      );
    }
    if (attempt === 0) options.onWaiting?.();
    await pause(clock, LOOK_EVERY_MS);
  }
}
