import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, nodeDisk, replaceFile } from '../archive/disk.ts';
import {
  CYCLE_MANIFEST_FOLDER,
  dayFolder,
  LOCK_FOLDER,
  writerLockPath,
} from '../archive/layout.ts';
import { tryLock } from '../archive/lock.ts';
import { type CycleManifest, cycleManifest } from '../archive/manifest.ts';
import { walk } from '../archive/walk.ts';

const DAY_MS = 86_400_000;

/**
 * Makes `interrupted` of the cycles of today and yesterday in which a process was killed. Returns how many. Rejects
 * when the folders cannot be read or written.
 */
export async function closeAbandonedCycles(
  dataRoot: string,
  runId: string,
  now: Date = new Date(),
): Promise<number> {
  let closed = 0;
  for (const day of [new Date(now.getTime() - DAY_MS), now]) {
    for await (const { path, kind } of walk(
      dataRoot,
      `${CYCLE_MANIFEST_FOLDER}/${dayFolder(day)}`,
    )) {
      if (kind !== 'file' || !path.endsWith('.json')) continue;
      const manifest = await readCycle(join(dataRoot, path));
      if (manifest?.state !== 'running' || manifest.run_id === runId) continue;
      if (!(await isOver(dataRoot, manifest.run_id))) continue;
      const reason = 'the process of the collector ended in the middle of the cycle';
      const known: CycleManifest = { ...manifest, state: 'interrupted', reason };
      await replaceFile(nodeDisk, join(dataRoot, path), `${JSON.stringify(known, null, 2)}\n`);
      closed++;
    }
  }
  return closed;
}

/** A file that holds no cycle manifest is left as it is, for people. */
async function readCycle(file: string): Promise<CycleManifest | null> {
  const text = await readFile(file, 'utf8');
  try {
    return cycleManifest.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** True if nobody writes for that run any more: its lock is free. */
async function isOver(dataRoot: string, runId: string): Promise<boolean> {
  await makeFolders(nodeDisk, join(dataRoot, LOCK_FOLDER));
  const lock = tryLock(join(dataRoot, writerLockPath('rest_snapshots', runId)));
  lock?.release();
  return lock !== null;
}
