import { OrderbooksError } from '../errors.ts';

export type UploadErrorCode =
  /** Another uploader works on the same data root. */
  | 'UPLOAD_LOCKED'
  /** The configuration has no remote. */
  | 'UPLOAD_NOT_CONFIGURED'
  /** The remote cannot be used as it is. */
  | 'REMOTE_UNUSABLE'
  /** rclone is not installed. */
  | 'RCLONE_MISSING'
  /** rclone ran and failed. */
  | 'RCLONE_FAILED'
  /** The uploader was told to stop. */
  | 'UPLOAD_INTERRUPTED';

/** What kept an upload from being done, with what was expected and what to do. */
export class UploadError extends OrderbooksError {
  declare readonly code: UploadErrorCode;

  constructor(code: UploadErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}
