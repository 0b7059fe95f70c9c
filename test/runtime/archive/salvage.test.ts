import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveManifestPath, openPath } from '../../../runtime/archive/layout.ts';
import type { ArchiveManifest } from '../../../runtime/archive/manifest.ts';
import { type ReadRow, readArchive } from '../../../runtime/archive/reader.ts';
import { type SalvageAction, salvageArchives } from '../../../runtime/archive/salvage.ts';
import { ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { closedArchive, frame, LIMITS, provenanceOf, sha256, withFolder } from './rows.ts';

/** Makes the closed archive of `manifest` what a dead writer would have left: an open file without a manifest. */
async function reopen(dataRoot: string, manifest: ArchiveManifest, bytes?: number) {
  const open = join(dataRoot, openPath(manifest.path));
  await rename(join(dataRoot, manifest.path), open);
  await rm(join(dataRoot, archiveManifestPath(manifest.path)));
  if (bytes !== undefined) await truncate(open, bytes);
  return open;
}

async function rowsOf(dataRoot: string, path: string) {
  const rows: ReadRow[] = [];
  const result = await readArchive(join(dataRoot, path), {
    onRows: (some) => {
      rows.push(...some);
    },
  });
  return { rows, result };
}

function only(actions: readonly SalvageAction[]): SalvageAction {
  const [action, ...others] = actions;
  if (action === undefined || others.length > 0) {
    throw new Error(`expected one action, got ${JSON.stringify(actions)}`);
  }
  return action;
}

describe('salvage', () => {
  it('makes a valid archive of a torn file: its whole rows, a crash gap, an end row, a manifest', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 400 });
      const before = await rowsOf(dataRoot, manifest.path);
      await reopen(dataRoot, manifest, Math.floor(manifest.bytes / 2));
      const action = only(await salvageArchives({ dataRoot }));
      if (action.kind !== 'salvaged') throw new Error(`expected salvaged, got ${action.kind}`);
      expect(action.unreadable).toContain('gzip: truncated');
      const { rows, result } = await rowsOf(dataRoot, manifest.path);
      expect(result.problems).toEqual([]);
      expect(result.end?.reason).toBe('salvaged');
      const kept = rows.slice(0, -1);
      expect(kept.length).toBeGreaterThan(100);
      expect(kept.map((row) => row.text)).toEqual(
        before.rows.slice(0, kept.length).map((row) => row.text),
      );
      expect(rows.at(-1)?.row).toMatchObject({
        type: 'gap',
        reason: 'crash',
        sequence: kept.length,
        since: before.rows[kept.length - 1]?.row.type === 'frame' ? expect.any(String) : null,
      });
      const bytes = await readFile(join(dataRoot, manifest.path));
      expect(action.manifest).toMatchObject({
        salvaged: true,
        close_reason: 'salvaged',
        sha256: sha256(bytes),
        rows: rows.length,
        tokens: ['123456789'],
      });
      expect(await salvageArchives({ dataRoot })).toEqual([]);
    }));

  it('leaves streams that it was not asked for to those who write them', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 4 });
      await reopen(dataRoot, manifest);
      expect(await salvageArchives({ dataRoot, streams: ['rest_snapshots'] })).toEqual([]);
      expect(only(await salvageArchives({ dataRoot, streams: ['ws_raw'] })).kind).toBe('finished');
    }));

  it('leaves the file of a living writer alone, and takes it once the writer is gone', () =>
    withFolder(async (dataRoot) => {
      const writer = await ArchiveWriter.open({
        dataRoot,
        stream: 'ws_raw',
        provenance: provenanceOf('alive'),
        limits: LIMITS,
      });
      writer.append(frame(0));
      await writer.flush();
      expect(only(await salvageArchives({ dataRoot })).kind).toBe('living');
      await writer.close();
      expect(await salvageArchives({ dataRoot })).toEqual([]);
    }));

  it('gives a whole file its name and manifest when its writer died before doing so', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 5 });
      await reopen(dataRoot, manifest);
      const action = only(await salvageArchives({ dataRoot }));
      expect(action).toMatchObject({ kind: 'finished', manifest: { sha256: manifest.sha256 } });
      await rm(join(dataRoot, archiveManifestPath(manifest.path)));
      const again = only(await salvageArchives({ dataRoot }));
      expect(again).toMatchObject({
        kind: 'finished',
        manifest: { sha256: manifest.sha256, close_reason: 'shutdown', salvaged: false },
      });
    }));

  it('keeps a file that nothing can be read from aside and says where', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 5 });
      const open = await reopen(dataRoot, manifest);
      await writeFile(open, 'no gzip at all');
      const action = only(await salvageArchives({ dataRoot }));
      if (action.kind !== 'unreadable') throw new Error(`expected unreadable, got ${action.kind}`);
      expect(action.reason).toContain('gzip: damaged at byte');
      expect(await readFile(join(dataRoot, action.keptAs ?? ''), 'utf8')).toBe('no gzip at all');
      expect(await salvageArchives({ dataRoot })).toEqual([]);
    }));

  it.each([
    ['an empty open file', 0],
    ['an open file with no more than the header of gzip', 10],
    ['an open file that ends in its first line', 40],
  ])('removes %s: no row ever reached it', (_name, bytes) =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 5 });
      await reopen(dataRoot, manifest, bytes);
      expect(only(await salvageArchives({ dataRoot }))).toMatchObject({
        kind: 'unreadable',
        keptAs: null,
      });
      expect(await readdir(dirname(join(dataRoot, manifest.path)))).toEqual([]);
    }),
  );

  it('starts anew over what an earlier salvage left half written', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 100 });
      const open = await reopen(dataRoot, manifest, manifest.bytes - 9);
      await mkdir(dirname(open), { recursive: true });
      await writeFile(`${open}.salvage`, 'half');
      expect(only(await salvageArchives({ dataRoot })).kind).toBe('salvaged');
      expect((await rowsOf(dataRoot, manifest.path)).rows).toHaveLength(101);
    }));

  it('takes every flushed row from a file whose tail a power loss left as zeros', () =>
    withFolder(async (dataRoot) => {
      const writer = await ArchiveWriter.open({
        dataRoot,
        stream: 'ws_raw',
        provenance: provenanceOf('run1'),
        limits: LIMITS,
      });
      for (let index = 0; index < 300; index++) writer.append(frame(index));
      await writer.flush();
      const folder = join(dataRoot, 'raw_orderbooks/polymarket');
      const [name] = (await readdir(folder, { recursive: true })).filter((one) =>
        one.endsWith('.open'),
      );
      const open = join(folder, name ?? '');
      const flushed = await readFile(open);
      await writer.close();
      await rm(join(dataRoot, 'raw_orderbooks'), { recursive: true });
      await rm(join(dataRoot, 'manifests'), { recursive: true });
      await mkdir(dirname(open), { recursive: true });
      await writeFile(open, Buffer.concat([flushed, Buffer.alloc(8_192)]));
      const action = only(await salvageArchives({ dataRoot }));
      if (action.kind !== 'salvaged') throw new Error(`expected salvaged, got ${action.kind}`);
      expect(action.unreadable).toContain('gzip: damaged at byte');
      expect(action.manifest.frames).toBe(300);
    }));
});
