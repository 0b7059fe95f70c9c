import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../archive/error.ts';
import { LOCK_FOLDER } from '../archive/layout.ts';

/**
 * A named pipe that every program holds open which an uploader starts. The uploader's own lock ends with the uploader;
 * a program that outlives it, as rclone does for some seconds after a `kill -9` outside a container, would copy on
 * beside the next uploader. The kernel knows whether anybody holds the pipe, however its holders ended.
 */
export interface SurvivorPipe {
  /** To be inherited by every program that is started. */
  readonly descriptor: number;
  close(): void;
}

/** True while a program that an earlier uploader of `dataRoot` started lives on this machine. */
export function anySurvivor(dataRoot: string): boolean {
  const descriptor = openPipe(dataRoot, constants.O_RDONLY);
  if (descriptor === null) return false;
  try {
    // Nobody writes. The end of the file says that nobody could: only then are there no holders.
    readSync(descriptor, Buffer.alloc(1));
    return false;
  } catch (error) {
    if (isSystemError(error, 'EAGAIN')) return true;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Takes hold of the pipe, making it if need be; the uploader's lock is held, and there is no survivor. Null where there
 * can be none: no program `mkfifo`, or a file system without named pipes.
 */
export function holdSurvivorPipe(dataRoot: string): SurvivorPipe | null {
  // For both directions: to open it for writing alone would wait for a reader.
  const open = () => openPipe(dataRoot, constants.O_RDWR);
  let descriptor = open();
  if (descriptor === null) {
    // Node cannot make one. Whether this did is seen by what is there afterwards.
    spawnSync('mkfifo', ['-m', '666', pathOf(dataRoot)], { stdio: 'ignore' });
    descriptor = open();
  }
  if (descriptor === null) return null;
  const held = descriptor;
  return { descriptor: held, close: () => closeSync(held) };
}

function pathOf(dataRoot: string): string {
  return join(dataRoot, LOCK_FOLDER, 'uploader.pipe');
}

/** Null if there is none, or something else in its place, or one that another user keeps to himself. */
function openPipe(dataRoot: string, flags: number): number | null {
  try {
    const descriptor = openSync(pathOf(dataRoot), flags | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFIFO()) return descriptor;
    closeSync(descriptor);
    return null;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'EACCES')) return null;
    throw error;
  }
}
