import { lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './error.ts';

/** A file that is being written. */
export interface DiskFile {
  /** Writes some of `bytes` at `position` and returns how many; may be fewer than given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** What was written is on the medium when this returns. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Every change of the file system goes through this, so that tests can make each write, sync, rename and unlink
 * fail in turn. Reading does not.
 */
export interface Disk {
  /** Makes one folder; EEXIST is an error. */
  makeFolder(path: string): Promise<void>;
  /** Creates a file that must not exist. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names that were created, renamed or removed in the folder are on the medium when this returns. */
  syncFolder(path: string): Promise<void>;
}

export const nodeDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path);
  },
  async create(path) {
    const handle = await open(path, 'wx', 0o644);
    return {
      async write(bytes, position) {
        return (await handle.write(bytes, 0, bytes.length, position)).bytesWritten;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  remove: unlink,
  async syncFolder(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** Makes `path` and its missing parents, each on the medium before the next. */
export async function makeFolders(disk: Disk, path: string): Promise<void> {
  if (await exists(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(disk, parent);
  try {
    await disk.makeFolder(path);
  } catch (error) {
    // Somebody else made it between the look and the call.
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  await disk.syncFolder(parent);
}

/** True if there is anything at `path`, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Removes `path`; its absence is no error. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

/** Writes all of `bytes` at `position`, however many calls the disk needs. */
export async function writeFully(
  file: DiskFile,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await file.write(bytes.subarray(done), position + done);
  }
}

/** Replaces `path` by `text`: whoever reads it sees the old or the new content whole, also after a power loss. */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolders(disk, folder);
  const temporary = join(folder, `.${basename(path)}.tmp`);
  await removeIfThere(disk, temporary);
  const file = await disk.create(temporary);
  try {
    await writeFully(file, Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncFolder(folder);
}
