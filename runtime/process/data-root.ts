import { accessSync, constants, mkdirSync } from 'node:fs';
import { isSystemError } from '../archive/error.ts';
import { ConfigurationError } from '../config/error.ts';
import { messageOf } from '../thrown.ts';

/** What no waiting mends; a disk that is full or broken is another matter. */
const MISTAKES = ['ENOTDIR', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ELOOP'];

/**
 * Makes the data root if it is not there. Throws `ConfigurationError` with the code `DATA_ROOT_UNUSABLE` where it cannot
 * be a folder that this process writes into.
 */
export function requireDataRoot(dataRoot: string): void {
  try {
    mkdirSync(dataRoot, { recursive: true });
    accessSync(dataRoot, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!MISTAKES.some((code) => isSystemError(error, code))) throw error;
    const user = `user ${process.getuid?.()}, group ${process.getgid?.()}`;
    throw new ConfigurationError(
      'DATA_ROOT_UNUSABLE',
      `--data=${dataRoot}: expected a folder that can be made and written by ${user}; got ${messageOf(error)}. Name a folder on the data volume; in Kubernetes look whether the volume is mounted there, not read-only, and whether fsGroup is the group.`,
      { cause: error },
    );
  }
}
