import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rcloneRemote } from '../../../runtime/uploader/rclone.ts';
import { parseCombined } from '../../../runtime/uploader/rclone-report.ts';
import { closedArchive, sha256 } from '../archive/rows.ts';
import { DAY_MS, later, uploadTo, withRemote } from './uploads.ts';

const hasRclone = spawnSync('rclone', ['version']).status === 0;

describe('rclone report', () => {
  const file = (path: string) => ({ path, remotePath: path, bytes: 1, sha256: '0' });

  it('verifies only what is marked = exactly once', () => {
    const report = '= same\n* other\n+ absent\n! broken\n= twice\n* twice\n? strange\n';
    const names = ['same', 'other', 'absent', 'broken', 'twice', 'strange', 'unnamed'];
    const result = parseCombined(report, names.map(file));
    expect([...result].filter(([, problem]) => problem === null).map(([path]) => path)).toEqual([
      'same',
    ]);
    expect(result.get('unnamed')).toBe('rclone check did not report on the copy');
    expect(result.get('strange')).toContain('not understood');
  });
});

describe('a machine without rclone', () => {
  it('says which program is missing and how to install it', () =>
    withRemote(async (place) => {
      const program = join(place.dataRoot, 'no-rclone-here');
      const remote = rcloneRemote('archive:x', { dataRoot: place.dataRoot, program });
      await closedArchive(place.dataRoot, { frames: 1 });
      const manifest = await uploadTo(place, { remote });
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.errors.join()).toContain('apt-get install rclone');
    }));
});

const title = hasRclone
  ? 'upload with rclone to its local backend'
  : 'upload with rclone: skipped because rclone is not installed (apt-get install rclone)';

describe.skipIf(!hasRclone)(title, () => {
  const before = process.env['RCLONE_CONFIG'];
  afterEach(() => {
    if (before === undefined) delete process.env['RCLONE_CONFIG'];
    else process.env['RCLONE_CONFIG'] = before;
  });

  async function rclone(folder: { readonly dataRoot: string; readonly target: string }) {
    const config = join(folder.dataRoot, 'rclone.conf');
    await writeFile(config, `[archive]\ntype = alias\nremote = ${folder.target}\n`);
    process.env['RCLONE_CONFIG'] = config;
    return rcloneRemote('archive:orderbooks/canary', { dataRoot: folder.dataRoot });
  }

  it('copies, checks by content, and reads back', () =>
    withRemote(async (folder) => {
      const remote = await rclone(folder);
      const archive = await closedArchive(folder.dataRoot, { frames: 50 });
      const manifest = await uploadTo(folder, { remote });
      expect(manifest).toMatchObject({
        status: 'UPLOAD_VERIFIED',
        remote: { type: 'rclone', target: 'archive:orderbooks/canary' },
      });
      const seen = await remote.readBack([archive.path, 'raw_orderbooks/not there.gz']);
      expect(seen.get(archive.path)).toEqual({ sha256: archive.sha256 });
      expect(seen.get('raw_orderbooks/not there.gz')).toMatchObject({ sha256: null });
      const gone = await uploadTo(folder, { remote, now: later(2 * DAY_MS) });
      expect(gone.files).toMatchObject([{ path: archive.path, deleted_locally: true }]);
    }));

  it('finds a copy of the same size and time with other content, and repairs it', () =>
    withRemote(async (folder) => {
      const remote = await rclone(folder);
      const archive = await closedArchive(folder.dataRoot, { frames: 50 });
      await uploadTo(folder, { remote });
      const copy = join(folder.target, 'orderbooks/canary', archive.path);
      const content = await readFile(copy);
      content[content.length - 20] = (content[content.length - 20] ?? 0) ^ 1;
      await writeFile(copy, content);
      const refused = await uploadTo(folder, { remote, now: later(2 * DAY_MS) });
      expect(refused.files).toMatchObject([
        { verified: false, error: 'not deleted: the copy has other content' },
      ]);
      expect((await uploadTo(folder, { remote })).status).toBe('UPLOAD_VERIFIED');
      expect(sha256(await readFile(copy))).toBe(archive.sha256);
    }));

  it('says what is missing on the remote, file by file', () =>
    withRemote(async (folder) => {
      const remote = await rclone(folder);
      const one = await closedArchive(folder.dataRoot, { frames: 5, runId: 'one' });
      const two = await closedArchive(folder.dataRoot, { frames: 5, runId: 'two' });
      await uploadTo(folder, { remote });
      await rm(join(folder.target, 'orderbooks/canary', one.path));
      const files = [one, two].map(({ path, bytes, sha256 }) => {
        return { path, remotePath: path, bytes, sha256 };
      });
      expect(Object.fromEntries((await remote.verify(files, 'content')).results)).toEqual({
        [one.path]: 'the copy is not there',
        [two.path]: null,
      });
    }));

  it('reports a remote that the configuration does not know', () =>
    withRemote(async (folder) => {
      await rclone(folder);
      await mkdir(folder.target, { recursive: true });
      await closedArchive(folder.dataRoot, { frames: 1 });
      const remote = rcloneRemote('unknown:x', { dataRoot: folder.dataRoot });
      const manifest = await uploadTo(folder, { remote });
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.errors.join()).toMatch(/didn't find section.*RCLONE_CONFIG/s);
      expect(manifest.files.every((file) => !file.verified)).toBe(true);
    }));
});
