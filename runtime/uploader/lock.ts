import { join } from 'node:path';
import { type ArchiveClock, pause, systemArchiveClock } from '../archive/clock.ts';
import { makeFolders, nodeDisk } from '../archive/disk.ts';
import { LOCK_FOLDER } from '../archive/layout.ts';
import { tryLock } from '../archive/lock.ts';
import { UploadError } from './error.ts';
import { anySurvivor, holdSurvivorPipe } from './survivors.ts';

/** A scheduled run and one that a gate started may meet; the later one waits for the earlier. */
export const LOCK_PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 500;

export interface UploaderLock {
  /**
   * Descriptor for every program that is started: while one of them holds it, no other uploader begins, even if this
   * one is gone. Null where the machine cannot give one.
   */
  readonly descriptor: number | null;
  release(): void;
}

type Holder = 'another uploader' | 'a program that an uploader started which is gone';

/** The uploader's lock on `dataRoot`. Throws `UPLOAD_LOCKED` if another uploader still works after `patienceMs`. */
export async function uploaderLock(
  dataRoot: string,
  options: {
    readonly patienceMs?: number;
    readonly clock?: ArchiveClock;
    readonly signal?: AbortSignal;
    readonly onWaiting?: (holder: Holder) => void;
  } = {},
): Promise<UploaderLock> {
  const clock = options.clock ?? systemArchiveClock;
  const patienceMs = options.patienceMs ?? LOCK_PATIENCE_MS;
  const until = clock.now() + patienceMs;
  await makeFolders(nodeDisk, join(dataRoot, LOCK_FOLDER));
  for (let attempt = 0; ; attempt++) {
    const lock = takeLock(dataRoot);
    if (typeof lock !== 'string') return lock;
    if (options.signal?.aborted) {
      throw new UploadError(
        'UPLOAD_INTERRUPTED',
        'told to stop while waiting for another uploader',
      );
    }
    if (clock.now() >= until) {
      throw new UploadError(
        'UPLOAD_LOCKED',
        `expected to be the only uploader of ${dataRoot}; ${lock} is still at work after ${patienceMs} ms. Nothing was uploaded by this one.`,
      );
    }
    if (attempt === 0) options.onWaiting?.(lock);
    await pause(clock, LOOK_EVERY_MS);
  }
}

/** The lock, or who holds it. */
function takeLock(dataRoot: string): UploaderLock | Holder {
  const lock = tryLock(join(dataRoot, LOCK_FOLDER, 'uploader.lock'));
  if (lock === null) return 'another uploader';
  try {
    if (anySurvivor(dataRoot)) {
      lock.release();
      return 'a program that an uploader started which is gone';
    }
    const pipe = holdSurvivorPipe(dataRoot);
    return {
      descriptor: pipe?.descriptor ?? null,
      release() {
        pipe?.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
