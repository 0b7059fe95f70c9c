import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUN_MANIFEST_FOLDER, writerLockPath } from '../../../runtime/archive/layout.ts';
import { tryLock } from '../../../runtime/archive/lock.ts';
import type { ArchiveManifest, RunManifest } from '../../../runtime/archive/manifest.ts';
import { type ReadRow, readArchive } from '../../../runtime/archive/reader.ts';
import { salvageArchives } from '../../../runtime/archive/salvage.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { isClean, reportText } from '../../../runtime/inspector/text.ts';
import { faultyDisk, hastyClock } from './faulty-disk.ts';
import { closedArchive, frame, provenanceOf, rotatingWriter, withFolder } from './rows.ts';

const path = `${RUN_MANIFEST_FOLDER}/ws-recorder_run1.json`;

async function writeRun(dataRoot: string, state: RunManifest['state'] = 'running') {
  const run: RunManifest = {
    schema: 'orderbooks.run-manifest.v1',
    component: 'ws-recorder',
    ...provenanceOf('run1'),
    state,
    started_at: '2026-11-21T10:00:00.000Z',
    updated_at: '2026-11-21T10:00:02.000Z',
    stopped_at: null,
    market_limit: 2,
    markets: [],
    counters: {},
  };
  await mkdir(dirname(join(dataRoot, path)), { recursive: true });
  await writeFile(join(dataRoot, path), JSON.stringify(run));
}

async function stateOf(dataRoot: string): Promise<string> {
  return JSON.parse(await readFile(join(dataRoot, path), 'utf8')).state;
}

const salvage = (dataRoot: string) => salvageArchives({ dataRoot, clock: hastyClock });

async function marked(dataRoot: string): Promise<ArchiveManifest[]> {
  const actions = await salvage(dataRoot);
  return actions.flatMap((action) => (action.kind === 'marked' ? [action.manifest] : []));
}

async function rowsOf(dataRoot: string, archive: string): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  await readArchive(join(dataRoot, archive), { onRows: (some) => void rows.push(...some) });
  return rows;
}

/** What a writer leaves that is killed right after a rotation: archives, and nothing that is open. */
async function rotatedArchive(dataRoot: string): Promise<ArchiveManifest> {
  const manifests: ArchiveManifest[] = [];
  const writer = await rotatingWriter(dataRoot, (manifest) => manifests.push(manifest));
  for (let index = 0; index < 3; index++) writer.append(frame(index));
  await writer.flush();
  await writer.close();
  const [manifest] = manifests;
  if (manifest?.close_reason !== 'rotation') throw new Error('expected a rotated archive');
  return manifest;
}

describe('a run that died without leaving an open file', () => {
  it('before its first flush gets an archive that holds a crash gap, one for each stream', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      const archives = await marked(dataRoot);
      expect(archives.map(({ stream }) => stream)).toEqual(['ws_raw', 'rest_checkpoints']);
      for (const archive of archives) {
        expect(archive).toMatchObject({ ...provenanceOf('run1'), segment: 1, salvaged: true });
        expect((await rowsOf(dataRoot, archive.path)).map(({ row }) => row)).toMatchObject([
          { type: 'gap', reason: 'crash', sequence: 0, since: null },
        ]);
      }
      const report = await inspect({ dataRoot });
      expect(isClean(report), reportText(report)).toBe(true);
      expect(await stateOf(dataRoot)).toBe('failed');
      expect(await salvage(dataRoot)).toEqual([]);
    }));

  it('between two archives gets a gap that goes on from the last row', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      const last = await rotatedArchive(dataRoot);
      const [archive] = await marked(dataRoot);
      expect(archive).toMatchObject({ stream: 'ws_raw', segment: 2, first_sequence: 3 });
      expect((await rowsOf(dataRoot, archive?.path ?? ''))[0]?.row).toMatchObject({
        reason: 'crash',
        since: last.last_received_at,
      });
      const report = await inspect({ dataRoot });
      expect(isClean(report), reportText(report)).toBe(true);
    }));

  it('is not said to have crashed when its archives ended in order', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      await closedArchive(dataRoot, { frames: 3 });
      expect(await salvage(dataRoot)).toEqual([]);
      expect(await stateOf(dataRoot)).toBe('failed');
    }));

  it.each(['stopped', 'failed'] as const)('is left alone when its manifest says %s', (state) =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot, state);
      expect(await salvage(dataRoot)).toEqual([]);
    }),
  );

  it('is left alone while its process lives', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      await mkdir(join(dataRoot, 'locks'));
      const lock = tryLock(join(dataRoot, writerLockPath('rest_checkpoints', 'run1')));
      expect(await salvage(dataRoot)).toEqual([{ kind: 'living', path }]);
      lock?.release();
      expect(await marked(dataRoot)).toHaveLength(2);
    }));

  it('is left to its own kind by who writes other streams', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      const streams = ['rest_snapshots'] as const;
      expect(await salvageArchives({ dataRoot, streams, clock: hastyClock })).toEqual([]);
    }));

  it('is marked once, whole, however often the disk refuses or the salvage dies', () =>
    withFolder(async (dataRoot) => {
      await writeRun(dataRoot);
      await rotatedArchive(dataRoot);
      for (let call = 0; ; call++) {
        const faulty = faultyDisk((at) => (at >= call ? 'refuse' : null));
        const options = { dataRoot, clock: hastyClock, disk: faulty.disk };
        await salvageArchives(options).catch((error: unknown) => {
          expect(String(error)).toContain('failed by the test');
        });
        if (faulty.faults === 0) break;
      }
      const report = await inspect({ dataRoot });
      expect(isClean(report), reportText(report)).toBe(true);
      const gaps = report.archives.map((archive) => archive.gaps.map(({ reason }) => reason));
      expect(gaps).toEqual([[], ['crash'], ['crash']]);
      expect(await stateOf(dataRoot)).toBe('failed');
    }));
});
