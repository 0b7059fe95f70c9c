import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../archive/error.ts';
import { CYCLE_MANIFEST_FOLDER } from '../archive/layout.ts';
import { type CycleManifest, cycleManifest } from '../archive/manifest.ts';

/** Newest cycles in a report: an hour at one a minute. The folders grow for ever; no more of them is looked at. */
const CYCLES_REPORTED = 60;

/** Manifests of the newest cycles that began at or after `since` (milliseconds since 1970), oldest first. */
export async function readCycleManifests(
  dataRoot: string,
  since: number | undefined,
): Promise<{ readonly manifests: CycleManifest[]; readonly problems: readonly string[] }> {
  const manifests: CycleManifest[] = [];
  const problems: string[] = [];
  for (const path of await newestFiles(dataRoot)) {
    try {
      const manifest = cycleManifest.parse(
        JSON.parse(await readFile(join(dataRoot, path), 'utf8')),
      );
      if (since === undefined || Date.parse(manifest.started_at) >= since) manifests.push(manifest);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) continue;
      const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      problems.push(`${path}: expected a cycle manifest: ${text.replaceAll('\n', ' ')}`);
    }
  }
  manifests.sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
  return { manifests, problems };
}

/** Paths of the newest cycle manifests; folders and names begin with the time. */
async function newestFiles(dataRoot: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (folder: string, depth: number): Promise<void> => {
    for (const name of (await namesIn(join(dataRoot, folder))).sort().reverse()) {
      if (found.length >= CYCLES_REPORTED) return;
      const path = `${folder}/${name}`;
      if (depth > 0) await look(path, depth - 1);
      else if (/^cycle_.*\.json$/.test(name)) found.push(path);
    }
  };
  await look(CYCLE_MANIFEST_FOLDER, DAY_DEPTH);
  return found;
}

/** YYYY/MM/DD */
const DAY_DEPTH = 3;

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return [];
    throw error;
  }
}
