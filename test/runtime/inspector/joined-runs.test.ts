import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readManifestFile } from '../../../runtime/archive/closing.ts';
import { archiveManifestPath } from '../../../runtime/archive/layout.ts';
import { inspectArchive } from '../../../runtime/inspector/archive-inspection.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { joinRuns } from '../../../runtime/inspector/runs.ts';
import { frame, withFolder } from '../archive/rows.ts';
import { lost, segments } from './segments.ts';

describe('a run joined over its archives', () => {
  it.each([
    ['nothing is missing', [[frame(0)], [frame(1)], [frame(2)]], 0],
    ['a frame is missing before it', [[frame(0)], [frame(2)], [frame(3)]], 1],
    ['a frame is missing behind it', [[frame(0)], [frame(1)], [frame(3)]], 1],
    ['a gap at its end explains it', [[frame(0)], [frame(1), lost(1)], [frame(3)]], 0],
    ['a gap at its beginning explains it', [[frame(0)], [lost(1), frame(2)], [frame(3)]], 0],
  ])('goes by the manifest of one that was not read: %s', (_what, groups, breaks) =>
    withFolder(async (dataRoot) => {
      const [first, middle, last] = (await segments(dataRoot, groups)).map(({ path }) => path);
      const read = await Promise.all(
        [first, last].map((path) => inspectArchive(dataRoot, path ?? '')),
      );
      const manifest = await readManifestFile(join(dataRoot, archiveManifestPath(middle ?? '')));
      const { runs, problems } = joinRuns(read, [manifest]);
      expect(runs).toMatchObject([{ segments: 2, connection_sequence_breaks: breaks }]);
      expect(problems).toHaveLength(breaks);
    }),
  );

  it('counts no archive twice that was read and is told of by its manifest too', () =>
    withFolder(async (dataRoot) => {
      const all = await segments(dataRoot, [[frame(0)], [frame(1)]]);
      const read = await Promise.all(all.map(({ path }) => inspectArchive(dataRoot, path)));
      expect(joinRuns(read, all)).toMatchObject({ runs: [{ segments: 2 }], problems: [] });
    }));

  it('is whole from the middle on, where its beginning was not asked for', () =>
    withFolder(async (dataRoot) => {
      const [, second, third] = await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)]]);
      const paths = [second?.path ?? '', third?.path ?? ''];
      const { runs, problems } = await inspect({ dataRoot, paths });
      expect(problems).toEqual([]);
      expect(runs).toMatchObject([{ sequence_breaks: 0, connection_sequence_breaks: 0 }]);
    }));

  it('is whole from the middle on, where only a gap names a connection at first', () =>
    withFolder(async (dataRoot) => {
      const [, second, third] = await segments(dataRoot, [[frame(0)], [lost(2)], [frame(3)]]);
      const paths = [second?.path ?? '', third?.path ?? ''];
      const { runs } = await inspect({ dataRoot, paths });
      expect(runs).toMatchObject([{ connection_sequence_breaks: 0 }]);
    }));

  it('goes on over an archive without rows', () =>
    withFolder(async (dataRoot) => {
      const written = await segments(dataRoot, [[frame(0), frame(1)], [frame(2)], [frame(3)]]);
      const [first, second, third] = await Promise.all(
        written.map(({ path }) => inspectArchive(dataRoot, path)),
      );
      if (first === undefined || second === undefined || third === undefined) {
        throw new Error('expected three archives');
      }
      const bare = {
        ...second,
        connections: new Map(),
        report: { ...second.report, frames: 0, first_sequence: null, last_sequence: null },
      };
      // What the empty one does not have is missing behind it, once.
      expect(joinRuns([first, bare, third], []).runs).toMatchObject([
        { sequence_breaks: 1, connection_sequence_breaks: 1 },
      ]);
    }));

  it('does not count what names no run', () =>
    withFolder(async (dataRoot) => {
      const [only] = await segments(dataRoot, [[frame(0)]]);
      const read = await inspectArchive(dataRoot, only?.path ?? '');
      const nameless = { ...read, report: { ...read.report, run_id: null } };
      expect(joinRuns([nameless], []).runs).toEqual([]);
    }));
});

describe('archives beside those that are read', () => {
  it('are no problem while they are there, between them or not', () =>
    withFolder(async (dataRoot) => {
      const all = await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)], [frame(3)]]);
      const paths = [all[0]?.path ?? '', all[2]?.path ?? ''];
      expect((await inspect({ dataRoot, paths })).problems).toEqual([]);
    }));

  it('are not looked for by what lies among their manifests and names none', () =>
    withFolder(async (dataRoot) => {
      const [only] = await segments(dataRoot, [[frame(0)]]);
      const beside = join(dataRoot, dirname(archiveManifestPath(only?.path ?? '')), 'notes.json');
      await writeFile(beside, '{}');
      expect((await inspect({ dataRoot })).problems).toEqual([]);
    }));

  it('are problems where a manifest between those that are read is none', () =>
    withFolder(async (dataRoot) => {
      const [first, middle, last] = (
        await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)]])
      ).map(({ path }) => path);
      await writeFile(join(dataRoot, archiveManifestPath(middle ?? '')), '{');
      const { problems } = await inspect({ dataRoot, paths: [first ?? '', last ?? ''] });
      expect(problems).toContainEqual(expect.stringContaining('expected an archive manifest'));
    }));

  it('are problems where they cannot be read', () =>
    withFolder(async (dataRoot) => {
      const [only] = await segments(dataRoot, [[frame(0)]]);
      const folder = (only?.path ?? '').replace('_000001', '_000002');
      await mkdir(join(dataRoot, folder));
      const { archives, problems } = await inspect({ dataRoot, paths: [folder] });
      expect(archives).toEqual([]);
      expect(problems).toEqual([expect.stringContaining(`${folder}: cannot be read: `)]);
    }));

  it('are missed between them, and not behind them where single ones are asked for', () =>
    withFolder(async (dataRoot) => {
      const all = await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)], [frame(3)]]);
      for (const gone of [all[1], all[3]]) await rm(join(dataRoot, gone?.path ?? ''));
      const paths = [all[0]?.path ?? '', all[2]?.path ?? ''];
      expect((await inspect({ dataRoot, paths })).problems).toEqual([
        expect.stringMatching(`^${all[1]?.path}: is gone`),
      ]);
      const { problems } = await inspect({ dataRoot, since: new Date(0) });
      expect(problems).toContainEqual(expect.stringMatching(`^${all[3]?.path}: is gone`));
      const later = await inspect({ dataRoot, since: new Date(Date.now() + 3_600_000) });
      expect(later.problems).toEqual([]);
    }));
});
