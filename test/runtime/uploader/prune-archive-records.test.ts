import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, nodeDisk } from '../../../runtime/archive/disk.ts';
import {
  archiveManifestPath,
  archivePath,
  RUN_MANIFEST_FOLDER,
  verifiedPath,
} from '../../../runtime/archive/layout.ts';
import type { ArchiveManifest } from '../../../runtime/archive/manifest.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { KEPT_OF_EACH_KIND } from '../../../runtime/uploader/prune.ts';
import { pruneArchiveRecords } from '../../../runtime/uploader/prune-archive-records.ts';
import { closedArchive, withFolder } from '../archive/rows.ts';
import { DAY_MS, later, uploadTo, withRemote } from './uploads.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const OLD = NOW - 40 * DAY_MS;

const prune = (dataRoot: string, now = NOW) =>
  pruneArchiveRecords({ dataRoot, disk: nodeDisk, retentionMs: 30 * DAY_MS, now });

/** Manifest and record of an archive that the uploader deleted, both written at `time`; returns its path. */
async function uploaded(
  dataRoot: string,
  { run = 'run1', segment = 1, time = OLD, sha256 = 'a'.repeat(64) } = {},
): Promise<string> {
  const at = new Date(time).toISOString();
  const path = archivePath('ws_raw', new Date(time), run, segment);
  const manifest: ArchiveManifest = {
    ...{ schema: 'orderbooks.archive-manifest.v1', stream: 'ws_raw', run_id: run, segment, path },
    ...{ git_sha: 'a'.repeat(40), image: 'image', config_sha256: 'c'.repeat(64), pod: 'pod' },
    ...{ opened_at: at, closed_at: at, close_reason: 'rotation', salvaged: false },
    ...{ rows: 1, frames: 1, gaps: 0, checkpoints: 0, bytes: 9, plain_bytes: 9 },
    ...{ sha256: 'a'.repeat(64), plain_sha256: 'b'.repeat(64), connections: [], tokens: [] },
    ...{ first_sequence: segment - 1, last_sequence: segment - 1 },
    ...{ first_received_at: at, last_received_at: at },
  };
  const record = {
    ...{ schema: 'orderbooks.verified.v1', path, sha256, remote_path: path, upload_id: 'u' },
    ...{ remote: { type: 'directory', target: '/mnt' }, verified_by: 'content', verified_at: at },
  };
  await writtenAt(dataRoot, archiveManifestPath(path), time, manifest);
  await writtenAt(dataRoot, verifiedPath(path), time, record);
  return path;
}

async function writtenAt(dataRoot: string, path: string, time: number, content: object) {
  const file = join(dataRoot, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(content));
  await utimes(file, time / 1000, time / 1000);
}

/** As many younger ones as stay whatever happens. */
async function newest(dataRoot: string, from = OLD + DAY_MS) {
  for (let index = 1; index <= KEPT_OF_EACH_KIND; index++) {
    await uploaded(dataRoot, { run: 'young', segment: index, time: from + index * 1_000 });
  }
}

async function left(dataRoot: string, path: string) {
  const files = [archiveManifestPath(path), verifiedPath(path)];
  return Promise.all(files.map((file) => exists(join(dataRoot, file))));
}

describe('what is left of archives that are gone', () => {
  it('is deleted beyond the retention, except for the newest', () =>
    withFolder(async (dataRoot) => {
      await newest(dataRoot);
      const paths = [];
      for (const segment of [1, 2, 3]) paths.push(await uploaded(dataRoot, { segment }));
      expect(await prune(dataRoot, OLD + 29 * DAY_MS)).toBe(0);
      expect(await prune(dataRoot)).toBe(6);
      for (const path of paths) expect(await left(dataRoot, path)).toEqual([false, false]);
      expect(await prune(dataRoot, NOW + 400 * DAY_MS)).toBe(0);
    }));

  it('stays where its archive was not verified with its content, or is still here', () =>
    withFolder(async (dataRoot) => {
      await newest(dataRoot);
      const other = await uploaded(dataRoot, { run: 'other', sha256: 'f'.repeat(64) });
      const never = await uploaded(dataRoot, { run: 'never' });
      await rm(join(dataRoot, verifiedPath(never)));
      const here = await uploaded(dataRoot, { run: 'here' });
      await writtenAt(dataRoot, here, OLD, {});
      expect(await prune(dataRoot)).toBe(0);
      expect(await left(dataRoot, other)).toEqual([true, true]);
      expect(await left(dataRoot, never)).toEqual([true, false]);
    }));

  it('stays behind a segment of its run that is not done with, so that the run can still be joined', () =>
    withFolder(async (dataRoot) => {
      await newest(dataRoot);
      const paths = [];
      for (const segment of [1, 2, 3, 4]) paths.push(await uploaded(dataRoot, { segment }));
      const [first = '', second = '', third = '', fourth = ''] = paths;
      await writtenAt(dataRoot, second, OLD, {});
      expect(await prune(dataRoot)).toBe(2);
      expect(await left(dataRoot, first)).toEqual([false, false]);
      for (const path of [second, third, fourth]) {
        expect(await left(dataRoot, path)).toEqual([true, true]);
      }
    }));

  it('stays for the last segment of a run while the run has a manifest, for salvage goes on from there', () =>
    withFolder(async (dataRoot) => {
      await newest(dataRoot);
      await uploaded(dataRoot, { segment: 1 });
      const last = await uploaded(dataRoot, { segment: 2 });
      const run = `${RUN_MANIFEST_FOLDER}/ws-recorder_run1.json`;
      await writtenAt(dataRoot, run, OLD, {});
      expect(await prune(dataRoot)).toBe(2);
      expect(await left(dataRoot, last)).toEqual([true, true]);
      await rm(join(dataRoot, run));
      expect(await prune(dataRoot)).toBe(2);
    }));

  it('is deleted to the end by the next call when the first was interrupted between the two files', () =>
    withFolder(async (dataRoot) => {
      await newest(dataRoot);
      const path = await uploaded(dataRoot);
      await rm(join(dataRoot, archiveManifestPath(path)));
      expect(await prune(dataRoot)).toBe(1);
      expect(await left(dataRoot, path)).toEqual([false, false]);
    }));
});

describe('a volume whose uploader pruned', () => {
  it('is clean for the inspector, and the manifests lie on the remote', () =>
    withRemote(async (place) => {
      const { dataRoot } = place;
      const archive = await closedArchive(dataRoot, { frames: 3 });
      await uploadTo(place);
      await newest(dataRoot, Date.now() + DAY_MS);
      const options = { manifestRetentionMs: 30 * DAY_MS, now: later(90 * DAY_MS) };
      const manifest = await uploadTo(place, options);
      expect(manifest.files).toMatchObject([{ path: archive.path, deleted_locally: true }]);
      expect(await left(dataRoot, archive.path)).toEqual([false, false]);
      expect(await inspect({ dataRoot })).toMatchObject({ problems: [] });
      const copy = await readFile(join(place.target, archiveManifestPath(archive.path)), 'utf8');
      expect(JSON.parse(copy)).toEqual(archive);
    }));
});
