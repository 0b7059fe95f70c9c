import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Disk, removeIfThere } from '../archive/disk.ts';
import { isSystemError } from '../archive/error.ts';
import {
  CYCLE_MANIFEST_FOLDER,
  DISCOVERY_FOLDER,
  RUN_MANIFEST_FOLDER,
  UPLOAD_MANIFEST_FOLDER,
} from '../archive/layout.ts';
import { walk } from '../archive/walk.ts';

export interface PruneOptions {
  readonly dataRoot: string;
  readonly disk: Disk;
  /** Manifests that were written longer ago are deleted. */
  readonly retentionMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

/** The newest of each kind stay whatever their age: a clock that jumped must not take what gates and people look at. */
export const KEPT_OF_EACH_KIND = 100;

/** What is written again and again and is never uploaded. For archive manifests see `prune-archive-records.ts`. */
const KINDS: readonly (readonly [folder: string, name: RegExp])[] = [
  [RUN_MANIFEST_FOLDER, /^(ws-recorder|collector)_[A-Za-z0-9-]+\.json$/],
  [CYCLE_MANIFEST_FOLDER, /^cycle_[0-9TZ.]+_[A-Za-z0-9-]+_\d+\.json$/],
  [UPLOAD_MANIFEST_FOLDER, /^[0-9TZ.]+-[0-9a-f]+\.json$/],
  [DISCOVERY_FOLDER, /^(ws-recorder|collector)_[0-9TZ.]+\.json$/],
];

/**
 * Deletes run, cycle, upload and discovery manifests beyond their retention and returns how many. Links, folders and
 * files with other names are left alone, and so is what was written in the future of `now`.
 */
export async function pruneManifests(options: PruneOptions): Promise<number> {
  let deleted = 0;
  for (const [folder, name] of KINDS) {
    const found = await filesOf(options.dataRoot, folder, name);
    found.sort((a, b) => b.writtenAt - a.writtenAt);
    for (const { path, writtenAt } of found.slice(KEPT_OF_EACH_KIND)) {
      options.signal?.throwIfAborted();
      if (options.now - writtenAt <= options.retentionMs) continue;
      const file = join(options.dataRoot, path);
      await removeIfThere(options.disk, file);
      await options.disk.syncFolder(dirname(file));
      deleted++;
    }
  }
  return deleted;
}

async function filesOf(dataRoot: string, folder: string, name: RegExp) {
  const found: { readonly path: string; readonly writtenAt: number }[] = [];
  for await (const { path, kind } of walk(dataRoot, folder)) {
    if (kind !== 'file' || !name.test(path.slice(path.lastIndexOf('/') + 1))) continue;
    try {
      found.push({ path, writtenAt: (await lstat(join(dataRoot, path))).mtimeMs });
    } catch (error) {
      // Replaced or deleted since the walk saw it.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return found;
}
