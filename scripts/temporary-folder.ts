import { access, constants, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPrefix, removeAbandoned } from './abandoned-folders.ts';

/** Linux keeps what is below it in memory. */
const MEMORY = '/dev/shm';
/** Far more than a rehearsal fills, and than what a recorder warns of; a container's 64 MiB are left to others. */
const LEAST_ROOM_BYTES = 3_221_225_472;

/**
 * Makes a folder of the caller's own, `prefix` with a random ending, for checkouts that are thrown away: in memory where
 * there is room, because a disk took longer to make their files than all else together; elsewhere, and always where
 * TMPDIR says so, in the temporary folder. What a killed run left under the same prefix is removed.
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  const place = await temporaryPlace();
  removeAbandoned(place, prefix);
  return mkdtemp(join(place, ownPrefix(prefix)));
}

async function temporaryPlace(): Promise<string> {
  if ((process.env['TMPDIR'] ?? '') !== '') return tmpdir();
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    await access(MEMORY, constants.W_OK | constants.X_OK);
    return bavail * bsize < LEAST_ROOM_BYTES ? tmpdir() : MEMORY;
  } catch {
    // Not on this system, or not for this user.
    return tmpdir();
  }
}
