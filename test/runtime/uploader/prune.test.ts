import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, nodeDisk } from '../../../runtime/archive/disk.ts';
import {
  cycleManifestPath,
  RUN_MANIFEST_FOLDER,
  UPLOAD_MANIFEST_FOLDER,
} from '../../../runtime/archive/layout.ts';
import { walk } from '../../../runtime/archive/walk.ts';
import { KEPT_OF_EACH_KIND, pruneManifests } from '../../../runtime/uploader/prune.ts';
import { withFolder } from '../archive/rows.ts';
import { DAY_MS } from './uploads.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');

async function writtenAt(dataRoot: string, path: string, time: number) {
  await mkdir(dirname(join(dataRoot, path)), { recursive: true });
  await writeFile(join(dataRoot, path), '{}\n');
  await utimes(join(dataRoot, path), time / 1000, time / 1000);
}

/** One cycle a minute for as many minutes, the newest `age` before now. */
async function cycles(dataRoot: string, count: number, age: number) {
  for (let index = 0; index < count; index++) {
    const time = NOW - age - index * 60_000;
    await writtenAt(dataRoot, cycleManifestPath(new Date(time), 'run1', index + 1), time);
  }
}

const prune = (dataRoot: string, now = NOW) =>
  pruneManifests({ dataRoot, disk: nodeDisk, retentionMs: 30 * DAY_MS, now });

async function count(dataRoot: string) {
  let found = 0;
  for await (const _file of walk(dataRoot, '.')) found++;
  return found;
}

describe('old manifests', () => {
  it('are deleted beyond their retention, except for the newest of each kind', () =>
    withFolder(async (dataRoot) => {
      await cycles(dataRoot, KEPT_OF_EACH_KIND + 7, 31 * DAY_MS);
      expect(await prune(dataRoot)).toBe(7);
      expect(await count(dataRoot)).toBe(KEPT_OF_EACH_KIND);
      expect(await prune(dataRoot)).toBe(0);
    }));

  it('stay while they are young, and when the clock jumped in either direction', () =>
    withFolder(async (dataRoot) => {
      await cycles(dataRoot, KEPT_OF_EACH_KIND + 3, DAY_MS);
      expect(await prune(dataRoot)).toBe(0);
      expect(await prune(dataRoot, NOW - 400 * DAY_MS)).toBe(0);
      await prune(dataRoot, NOW + 400 * DAY_MS);
      expect(await count(dataRoot)).toBe(KEPT_OF_EACH_KIND);
    }));

  it('are the only files that are touched', () =>
    withFolder(async (dataRoot) => {
      const old = NOW - 90 * DAY_MS;
      await cycles(dataRoot, KEPT_OF_EACH_KIND, 60 * DAY_MS);
      const day = dirname(cycleManifestPath(new Date(old), 'run1', 1));
      const strangers = [
        `${day}/cycle_notes.txt`,
        `${day}/.cycle_20260821T100000.000Z_run1_000001.json.tmp`,
        `${RUN_MANIFEST_FOLDER}/stranger.json`,
        `${UPLOAD_MANIFEST_FOLDER}/README`,
        'manifests/archives/ws_raw/2026/08/21/kept.json',
      ];
      for (const path of strangers) await writtenAt(dataRoot, path, old);
      const link = join(dataRoot, day, 'cycle_20260821T100000.000Z_run1_000002.json');
      await symlink(join(dataRoot, strangers[0] ?? ''), link);
      await mkdir(join(dataRoot, day, 'cycle_20260821T100000.000Z_run1_000003.json'));
      expect(await prune(dataRoot)).toBe(0);
      for (const path of strangers) expect(await exists(join(dataRoot, path)), path).toBe(true);
      expect(await exists(link)).toBe(true);
    }));
});
