import { OrderbooksError } from '../errors.ts';

export type ArchiveErrorCode =
  /** Another living process holds the lock. */
  | 'ARCHIVE_LOCKED'
  /** The place of an archive or of its open file is taken by another file. */
  | 'ARCHIVE_EXISTS'
  /** A closed archive is not whole. */
  | 'ARCHIVE_DAMAGED'
  /** An archive manifest cannot be read. */
  | 'ARCHIVE_MANIFEST_INVALID'
  /** The writer was closed while rows were still not on the disk. */
  | 'ARCHIVE_CLOSE_INCOMPLETE'
  /** The disk wrote fewer bytes than it was given, again and again. */
  | 'ARCHIVE_WRITE_STUCK';

/** What the archive could not do, with what was expected and what to do. */
export class ArchiveError extends OrderbooksError {
  declare readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}

/** True if `error` is the operating system's error `code`, such as ENOENT. */
export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
