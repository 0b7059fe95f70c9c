import type { Configuration } from '../config/schema.ts';
import { directoryRemote } from './directory.ts';
import { UploadError } from './error.ts';
import { rcloneRemote } from './rclone.ts';
import type { Remote } from './remote.ts';

export interface OpenRemoteOptions {
  readonly dataRoot: string;
  /** Ends what is under way with `UPLOAD_INTERRUPTED`. */
  readonly signal?: AbortSignal;
  /** Told how far a long copy is, in words. */
  readonly onProgress?: (progress: string) => void;
  /** Inherited by the programs that are started, as `UploaderLock` says. */
  readonly descriptor?: number;
}

/** The remote that the configuration names. Throws `UPLOAD_NOT_CONFIGURED` if it names none. */
export function openRemote(configuration: Configuration, options: OpenRemoteOptions): Remote {
  const remote = configuration.uploader?.remote;
  if (remote === undefined) {
    throw new UploadError(
      'UPLOAD_NOT_CONFIGURED',
      'expected uploader.remote in the configuration, for example {type: rclone, target: "archive:orderbooks"} or {type: directory, target: /mnt/archive}; there is none',
    );
  }
  return remote.type === 'rclone'
    ? rcloneRemote(remote.target, options)
    : directoryRemote(remote.target, options);
}
