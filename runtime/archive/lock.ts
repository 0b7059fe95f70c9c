import { unlinkSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../thrown.ts';
import { ArchiveError, isSystemError } from './error.ts';

/** A lock that is held. */
export interface Lock {
  /**
   * Gives the lock back. `removeFile` is only for a lock that nobody will want again: who opened the file a moment ago
   * would lock what has no name any more, and the next one a new file beside it. Repeated calls do nothing.
   */
  release(options?: { readonly removeFile: boolean }): void;
}

/** SQLite's result code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;

/**
 * Takes the lock at `path`, or returns null while somebody else holds it.
 *
 * The lock is the kernel's own, so it ends with its holder however that ends, `kill -9` and power loss included, and
 * it tells two containers apart whose processes have the same number. Node cannot ask for such a lock itself; its
 * built-in SQLite can: an exclusive transaction on a database file locks that file. Nothing is ever stored in it.
 *
 * Throws `ARCHIVE_LOCKED` when the file system cannot lock.
 */
export function tryLock(path: string): Lock | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Without this a transaction could leave a journal beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (errcode(error) === SQLITE_BUSY) return null;
    throw new ArchiveError(
      'ARCHIVE_LOCKED',
      `${path}: expected a file that can be locked: ${messageOf(error)}; is the data folder writable, and does its file system support locks?`,
      { cause: error },
    );
  }
  let held: DatabaseSync | null = database;
  return {
    release({ removeFile } = { removeFile: false }) {
      if (held === null) return;
      try {
        if (removeFile) unlinkSync(path);
      } catch (error) {
        if (!isSystemError(error, 'ENOENT')) throw error;
      } finally {
        held.close();
        held = null;
      }
    },
  };
}

function errcode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}
