import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CYCLE_MANIFEST_FOLDER,
  RUN_MANIFEST_FOLDER,
  UPLOAD_MANIFEST_FOLDER,
} from '../../../runtime/archive/layout.ts';
import { readCycleManifests } from '../../../runtime/inspector/cycles.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { readRunManifests, readUploadManifests } from '../../../runtime/inspector/manifests.ts';
import { closedArchive, withFolder } from '../archive/rows.ts';
import { CollectedRun } from '../gates/collected-run.ts';
import { iso, RecordedRun } from '../gates/recorded-run.ts';
import { uploadManifest } from '../gates/volume.ts';
import { World } from '../gates/world.ts';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;

describe('manifests of cycles', () => {
  it('are reported oldest first, and only those that began in the time that is asked for', () =>
    withFolder(async (dataRoot) => {
      for (const minute of [2, 0, 1]) await writeCycle(dataRoot, minute);
      const of = async (since?: number) =>
        (await readCycleManifests(dataRoot, since)).manifests.map((one) => one.started_at);
      expect(await of()).toEqual([0, 1, 2].map(startOf));
      expect(await of(NOON + MINUTE_MS)).toEqual([1, 2].map(startOf));
      expect(await of(NOON + 2 * MINUTE_MS + 1)).toEqual([]);
    }));

  it('are reported up to sixty, the newest', () =>
    withFolder(async (dataRoot) => {
      const minutes = Array.from({ length: 61 }, (_, minute) => minute);
      await Promise.all(minutes.map((minute) => writeCycle(dataRoot, minute)));
      const { manifests } = await readCycleManifests(dataRoot, undefined);
      expect(manifests.map((one) => one.started_at)).toEqual(minutes.slice(1).map(startOf));
    }));

  it('that are none are problems, other files are not looked at, and no folder holds none', () =>
    withFolder(async (dataRoot) => {
      expect(await readCycleManifests(dataRoot, undefined)).toEqual({
        manifests: [],
        problems: [],
      });
      const broken = `${CYCLE_MANIFEST_FOLDER}/2026/11/21/cycle_1.json`;
      await write(dataRoot, broken, '{}');
      await write(dataRoot, `${CYCLE_MANIFEST_FOLDER}/2026/11/21/.cycle_2.json.part`, '{');
      await write(dataRoot, `${CYCLE_MANIFEST_FOLDER}/2026/notes`, 'not a folder');
      const { manifests, problems } = await readCycleManifests(dataRoot, undefined);
      expect(manifests).toEqual([]);
      expect(problems).toEqual([expect.stringContaining(`${broken}: expected a cycle manifest`)]);
    }));
});

describe('manifests of runs', () => {
  it('are reported oldest first; since a time those written then, and those of the runs that were read', () =>
    withFolder(async (dataRoot) => {
      const world = new World();
      const file = (id: string) => `${RUN_MANIFEST_FOLDER}/run_2026_${id}.json`;
      for (const [id, minute] of [
        ['late', 9],
        ['early', 1],
        ['read', 5],
      ] as const) {
        const run = new RecordedRun(world, id, 'pod', NOON + minute * MINUTE_MS);
        await write(dataRoot, file(id), JSON.stringify(run.manifest()));
        const writtenAt = new Date(NOON + minute * MINUTE_MS);
        await utimes(join(dataRoot, file(id)), writtenAt, writtenAt);
      }
      const of = async (since: number | undefined, runs: readonly string[]) =>
        (await readRunManifests(dataRoot, since, new Set(runs))).manifests.map((run) => run.run_id);
      expect(await of(undefined, [])).toEqual(['early', 'read', 'late']);
      expect(await of(NOON + 9 * MINUTE_MS, ['read'])).toEqual(['read', 'late']);
      expect(await of(NOON + 10 * MINUTE_MS, [])).toEqual([]);
    }));

  it('that are none are problems, and other files are not looked at', () =>
    withFolder(async (dataRoot) => {
      await write(dataRoot, `${RUN_MANIFEST_FOLDER}/run_1_a.json`, '{"schema":');
      await write(dataRoot, `${RUN_MANIFEST_FOLDER}/.run_1_b.json`, '{');
      await write(dataRoot, `${RUN_MANIFEST_FOLDER}/notes.txt`, 'mine');
      const { manifests, problems } = await readRunManifests(dataRoot, undefined, new Set());
      expect(manifests).toEqual([]);
      expect(problems).toEqual([
        expect.stringContaining(`${RUN_MANIFEST_FOLDER}/run_1_a.json: expected a manifest`),
      ]);
    }));

  it('and of cycles and uploads that are none are problems of the whole inspection', () =>
    withFolder(async (dataRoot) => {
      await closedArchive(dataRoot, { frames: 1 });
      await write(dataRoot, `${RUN_MANIFEST_FOLDER}/run_1_a.json`, '{}');
      await write(dataRoot, `${UPLOAD_MANIFEST_FOLDER}/upload_1.json`, '{}');
      await write(dataRoot, `${CYCLE_MANIFEST_FOLDER}/2026/11/21/cycle_1.json`, '{}');
      const { problems } = await inspect({ dataRoot });
      for (const name of ['run_1_a', 'upload_1', 'cycle_1']) {
        expect(problems).toContainEqual(expect.stringContaining(`${name}.json: expected a`));
      }
    }));
});

describe('manifests of uploads', () => {
  it('are reported by their end, oldest first; since a time those written then', () =>
    withFolder(async (dataRoot) => {
      await writeUpload(dataRoot, 'a', 5);
      await writeUpload(dataRoot, 'b', 1);
      const of = async (since?: number) =>
        (await readUploadManifests(dataRoot, since)).manifests.map((one) => one.upload_id);
      expect(await of()).toEqual(['b', 'a']);
      expect(await of(NOON + 5 * MINUTE_MS)).toEqual(['a']);
      expect(await of(NOON + 6 * MINUTE_MS)).toEqual([]);
    }));

  it('are the newest hundred and fifty where no time is asked for, and all since one', () =>
    withFolder(async (dataRoot) => {
      const names = Array.from({ length: 152 }, (_, index) => String(1000 + index));
      await Promise.all(names.map((name) => writeUpload(dataRoot, name, 1)));
      const newest = (await readUploadManifests(dataRoot, undefined)).manifests;
      expect(new Set(newest.map((one) => one.upload_id))).toEqual(new Set(names.slice(2)));
      expect((await readUploadManifests(dataRoot, NOON)).manifests).toHaveLength(152);
    }));
});

async function writeCycle(dataRoot: string, minute: number): Promise<void> {
  const run = new CollectedRun({ time: NOON }, 'collected', 'pod', NOON - MINUTE_MS);
  const [cycle] = run.cycles();
  const name = `cycle_${String(minute).padStart(3, '0')}.json`;
  const manifest = { ...cycle, started_at: startOf(minute) };
  await write(dataRoot, `${CYCLE_MANIFEST_FOLDER}/2026/11/21/${name}`, JSON.stringify(manifest));
}

async function writeUpload(dataRoot: string, name: string, minute: number): Promise<void> {
  const path = `${UPLOAD_MANIFEST_FOLDER}/upload_${name}.json`;
  const at = NOON + minute * MINUTE_MS;
  const manifest = uploadManifest({ recorded: [], collected: [] }, { at, job: 'job' });
  await write(dataRoot, path, JSON.stringify({ ...manifest, upload_id: name }));
  await utimes(join(dataRoot, path), new Date(at), new Date(at));
}

function startOf(minute: number): string {
  return iso(NOON + minute * MINUTE_MS);
}

async function write(dataRoot: string, path: string, text: string): Promise<void> {
  const file = join(dataRoot, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
