import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Disk, makeFolders, nodeDisk, removeIfThere, writeFully } from '../archive/disk.ts';
import { isSystemError } from '../archive/error.ts';
import { messageOf } from '../thrown.ts';
import { UploadError } from './error.ts';
import { hashFile } from './file-hash.ts';
import type { Observed, Remote, UploadFile, Verification } from './remote.ts';

export interface DirectoryRemoteOptions {
  readonly dataRoot: string;
  readonly disk?: Disk;
  readonly signal?: AbortSignal;
}

/**
 * A folder, usually the mount of a share. The folder itself must be there: one that is missing is a share that is not
 * mounted, and making it would fill the machine's own disk.
 */
export function directoryRemote(target: string, options: DirectoryRemoteOptions): Remote {
  const place = new Directory(target, options);
  return {
    type: 'directory',
    target,
    copy: (files) => place.copy(files),
    verify: (files) => place.verify(files),
    readBack: (remotePaths) => place.readBack(remotePaths),
  };
}

class Directory {
  readonly #target: string;
  readonly #dataRoot: string;
  readonly #disk: Disk;
  readonly #signal: AbortSignal | undefined;

  constructor(target: string, options: DirectoryRemoteOptions) {
    this.#target = target;
    this.#dataRoot = options.dataRoot;
    this.#disk = options.disk ?? nodeDisk;
    this.#signal = options.signal;
  }

  async copy(files: readonly UploadFile[]): Promise<void> {
    await this.#checkPlace();
    for (const file of files) {
      const there = await this.#observe(file.remotePath);
      if (there.sha256 !== file.sha256) await this.#copyOne(file);
    }
  }

  /** A folder keeps no hashes: its files are read, whatever the depth. */
  async verify(files: readonly UploadFile[]): Promise<Verification> {
    await this.#checkPlace();
    const results = new Map<string, string | null>();
    for (const file of files) {
      const there = await this.#observe(file.remotePath);
      results.set(file.path, difference(file, there));
    }
    return { by: 'content', results };
  }

  async readBack(remotePaths: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
    await this.#checkPlace();
    const result = new Map<string, Observed>();
    for (const path of remotePaths) result.set(path, await this.#observe(path));
    return result;
  }

  /** Under a temporary name until it is whole: a copy that was interrupted has no name that anybody reads. */
  async #copyOne(file: UploadFile): Promise<void> {
    const path = join(this.#target, file.remotePath);
    const folder = dirname(path);
    await makeFolders(this.#disk, folder);
    const temporary = join(folder, `.${basename(path)}.part`);
    await removeIfThere(this.#disk, temporary);
    const copy = await this.#disk.create(temporary);
    try {
      let position = 0;
      await hashFile(join(this.#dataRoot, file.path), {
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        async onPiece(piece) {
          await writeFully(copy, piece, position);
          position += piece.length;
        },
      });
      await copy.sync();
    } finally {
      await copy.close();
    }
    await this.#disk.rename(temporary, path);
    await this.#disk.syncFolder(folder);
  }

  async #observe(remotePath: string): Promise<Observed> {
    this.#signal?.throwIfAborted();
    try {
      const { sha256 } = await hashFile(
        join(this.#target, remotePath),
        this.#signal === undefined ? {} : { signal: this.#signal },
      );
      return { sha256 };
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (isSystemError(error, 'ENOENT')) return { sha256: null, error: 'is not there' };
      const text = messageOf(error);
      return { sha256: null, error: `cannot be read: ${text}` };
    }
  }

  async #checkPlace(): Promise<void> {
    const target = await this.#realTarget();
    const data = await realpath(this.#dataRoot);
    if (`${target}/`.startsWith(`${data}/`) || `${data}/`.startsWith(`${target}/`)) {
      throw new UploadError(
        'REMOTE_UNUSABLE',
        `uploader.remote.target: expected a folder apart from the data root ${data}, got ${target}; a copy there would be no copy`,
      );
    }
  }

  async #realTarget(): Promise<string> {
    try {
      const target = await realpath(this.#target);
      if ((await stat(target)).isDirectory()) return target;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
    throw new UploadError(
      'REMOTE_UNUSABLE',
      `uploader.remote.target: expected the folder ${this.#target}, it is not there; is the share mounted? It is not made, so that archives do not land on this machine's own disk.`,
    );
  }
}

/** Null if `there` is what `file` should be. */
export function difference(file: UploadFile, there: Observed): string | null {
  if (there.sha256 === file.sha256) return null;
  return there.sha256 === null
    ? `the copy ${there.error}`
    : `the copy hashes to ${there.sha256}, expected ${file.sha256}`;
}
