import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archivePath } from '../../../runtime/archive/layout.ts';
import { selectArchives } from '../../../runtime/inspector/selection.ts';
import { withFolder } from '../archive/rows.ts';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const FOLDER = 'raw_orderbooks/polymarket/ws_raw/2026/11/21';

describe('what is read', () => {
  it('is in the order of time, then of segments', () =>
    withFolder(async (dataRoot) => {
      const late = await file(dataRoot, named(NOON + HOUR_MS, 1));
      const second = await file(dataRoot, named(NOON, 2));
      const first = await file(dataRoot, named(NOON, 1));
      const other = await file(dataRoot, named(NOON, 1, 'zzz'));
      const { archives } = await selectArchives({ dataRoot, paths: [] });
      expect(archives).toEqual([first, other, second, late]);
    }));

  it('since a time is what was closed then, and what is named besides', () =>
    withFolder(async (dataRoot) => {
      const old = await file(dataRoot, named(NOON, 1), NOON);
      const older = await file(dataRoot, named(NOON, 2), NOON - HOUR_MS);
      const young = await file(dataRoot, named(NOON, 3), NOON + 1);
      const of = async (since: number | undefined, paths: readonly string[]) =>
        (await selectArchives({ dataRoot, paths, ...(since === undefined ? {} : { since }) }))
          .archives;
      expect(await of(NOON, [])).toEqual([old, young]);
      expect(await of(NOON + 1, [older])).toEqual([older, young]);
      expect(await of(undefined, [older])).toEqual([older]);
    }));

  it('is no file that is no archive: it is a problem where it is as young as what is asked for', () =>
    withFolder(async (dataRoot) => {
      await file(dataRoot, `${FOLDER}/notes.txt`, NOON);
      await file(dataRoot, `${FOLDER}/x.unreadable`, NOON);
      await file(dataRoot, `${FOLDER}/x.salvage`, NOON);
      const of = async (since?: number) =>
        (
          await selectArchives({ dataRoot, paths: [], ...(since === undefined ? {} : { since }) })
        ).problems.toSorted();
      const problems = [
        `${FOLDER}/notes.txt: expected only archives here`,
        `${FOLDER}/x.unreadable: kept by salvage because nothing could be read from it`,
      ];
      expect(await of()).toEqual(problems);
      expect(await of(NOON)).toEqual(problems);
      expect(await of(NOON + 1)).toEqual([]);
    }));

  it.each([
    ['outside the raw folder', 'manifests/x.jsonl.gz', /leads out of/],
    ['through the folder above', `${FOLDER}/../../x.jsonl.gz`, /leads out of/],
    ['through the folder itself', `${FOLDER}/./x.jsonl.gz`, /leads out of/],
    ['that is no archive’s name', `${FOLDER}/notes.txt`, /is not the name of an archive/],
    ['that is not there', `${FOLDER}/${named(NOON, 9).split('/').at(-1)}`, /is not there$/],
    ['below a file', `${FOLDER}/notes.txt/${named(NOON, 9).split('/').at(-1)}`, /is not there$/],
  ])('is no path %s', async (_what, path, problem) => {
    await withFolder(async (dataRoot) => {
      await file(dataRoot, `${FOLDER}/notes.txt`);
      const { archives, problems } = await selectArchives({ dataRoot, paths: [path] });
      expect(archives).toEqual([]);
      expect(problems).toContainEqual(expect.stringMatching(problem));
    });
  });

  it.each([
    ['to another archive', (there: string) => there, /: is a link, expected a file; not read$/],
    ['that leads nowhere', () => '/nowhere/at/all', /: is a link that leads nowhere; not read$/],
  ])('is no link %s', async (_what, target, problem) => {
    await withFolder(async (dataRoot) => {
      const there = await file(dataRoot, named(NOON, 1));
      const link = named(NOON, 2);
      await symlink(target(join(dataRoot, there)), join(dataRoot, link));
      const { archives, problems } = await selectArchives({ dataRoot, paths: [link] });
      expect(archives).toEqual([]);
      expect(problems).toContainEqual(expect.stringMatching(problem));
    });
  });
});

function named(openedAt: number, segment: number, run = 'aaa'): string {
  return archivePath('ws_raw', new Date(openedAt), run, segment);
}

async function file(dataRoot: string, path: string, writtenAt = NOON): Promise<string> {
  await mkdir(dirname(join(dataRoot, path)), { recursive: true });
  await writeFile(join(dataRoot, path), 'x');
  await utimes(join(dataRoot, path), new Date(writtenAt), new Date(writtenAt));
  return path;
}
