import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exists } from '../../../runtime/archive/disk.ts';
import {
  archiveManifestPath,
  UPLOAD_MANIFEST_FOLDER,
  verifiedPath,
} from '../../../runtime/archive/layout.ts';
import { uploadManifest } from '../../../runtime/archive/manifest.ts';
import { rcloneRemote } from '../../../runtime/uploader/rclone.ts';
import { type S3Server, startS3 } from '../../../scripts/upload-faults/s3-server.ts';
import { closedArchive, sha256 } from '../archive/rows.ts';
import { DAY_MS, later, uploadTo, withRemote } from './uploads.ts';

const hasRclone = spawnSync('rclone', ['version']).status === 0;
const SECRET = 'secret-that-must-not-be-seen';
const MAIN = new URL('../../../runtime/main.ts', import.meta.url).pathname;

const title = hasRclone
  ? 'upload with rclone to an S3 server'
  : 'upload with rclone to S3: skipped because rclone is not installed (apt-get install rclone)';

describe.skipIf(!hasRclone)(title, () => {
  const before = { ...process.env };
  let server: S3Server;
  beforeEach(async () => {
    server = await startS3();
    // rclone 1.60 cannot use S3 at all where this is set, and the server speaks plain HTTP.
    delete process.env['AWS_CA_BUNDLE'];
  });
  afterEach(async () => {
    await server.close();
    for (const name of ['RCLONE_CONFIG', 'AWS_CA_BUNDLE']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  type Place = { readonly dataRoot: string; readonly target: string };

  async function remoteOf(place: Place, more = '') {
    const config = join(place.target, 'rclone.conf');
    await writeFile(
      config,
      `[s3]\ntype = s3\nprovider = Other\naccess_key_id = key\nsecret_access_key = ${SECRET}\nendpoint = ${server.endpoint}\nforce_path_style = true\n${more}`,
    );
    process.env['RCLONE_CONFIG'] = config;
    return rcloneRemote('s3:archive/full', { dataRoot: place.dataRoot });
  }

  const objectAt = (path: string) => server.objects.get(`archive/full/${path}`);
  const puts = () =>
    server.requests.filter(({ method, key }) => method === 'PUT' && key.includes('/'));

  it('compares hashes after copying, without reading a byte, and reads each copy once before it deletes', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const archive = await closedArchive(place.dataRoot, { frames: 50 });
      const manifest = await uploadTo(place, { remote });
      expect(manifest).toMatchObject({
        status: 'UPLOAD_VERIFIED',
        read_back: 'before-deletion',
        files: [{ path: archive.path, verified: true, verified_by: 'md5' }, { verified_by: 'md5' }],
      });
      expect(server.sentBytes).toBe(0);
      const deleted = await uploadTo(place, { remote, now: later(2 * DAY_MS) });
      expect(deleted.files).toMatchObject([{ deleted_locally: true, verified_by: 'content' }]);
      expect(server.sentBytes).toBe(archive.bytes);
      expect(sha256(objectAt(archive.path)?.content ?? '')).toBe(archive.sha256);
    }));

  it('reads copies whenever it is told to, and never when it is told not to', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const always = await uploadTo(place, { remote, readBack: 'always' });
      expect(always.files[0]?.verified_by).toBe('content');
      expect(server.sentBytes).toBeGreaterThan(archive.bytes);
      const sent = server.sentBytes;
      const never = { remote, readBack: 'never', now: later(2 * DAY_MS) } as const;
      expect((await uploadTo(place, never)).files).toMatchObject([
        { deleted_locally: true, verified_by: 'md5' },
      ]);
      expect(server.sentBytes).toBe(sent);
    }));

  it('sends nothing again that is there already', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await uploadTo(place, { remote });
      const sent = puts().length;
      await writeFile(join(place.dataRoot, verifiedPath(archive.path)), 'lost');
      expect((await uploadTo(place, { remote })).status).toBe('UPLOAD_VERIFIED');
      expect(puts()).toHaveLength(sent);
      expect(server.objects.size).toBe(2);
    }));

  it('reads the copies of objects whose hash the server cannot tell', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(
        place,
        'upload_cutoff = 0\nchunk_size = 5Mi\ndisable_checksum = true\n',
      );
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const manifest = await uploadTo(place, { remote });
      expect(objectAt(archive.path)?.etag).toMatch(/-1$/);
      expect(manifest).toMatchObject({
        status: 'UPLOAD_VERIFIED',
        files: [{ verified_by: 'content' }, { verified_by: 'content' }],
      });
    }));

  it('verifies each file by itself when the server refuses one of them', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const good = await closedArchive(place.dataRoot, { frames: 5, runId: 'good' });
      const refused = await closedArchive(place.dataRoot, { frames: 5, runId: 'refused' });
      server.fault = ({ method, key }) =>
        method === 'PUT' && key.endsWith(refused.path)
          ? { kind: 'status', status: 403, code: 'QuotaExceeded' }
          : null;
      const manifest = await uploadTo(place, { remote });
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.errors.join()).toContain('QuotaExceeded');
      const verified = manifest.files.filter((file) => file.verified).map((file) => file.path);
      expect(verified).toEqual([
        good.path,
        archiveManifestPath(good.path),
        archiveManifestPath(refused.path),
      ]);
      expect(await exists(join(place.dataRoot, verifiedPath(refused.path)))).toBe(false);
      server.fault = () => null;
      expect((await uploadTo(place, { remote })).files.map((file) => file.path)).toContain(
        refused.path,
      );
    }));

  it('survives answers that are late, refused, cut off or reset for a while', () =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const troubles = [
        { kind: 'status', status: 503, code: 'SlowDown' },
        { kind: 'status', status: 500, code: 'InternalError' },
        { kind: 'reset' },
        { kind: 'late', milliseconds: 20 },
      ] as const;
      let next = 0;
      server.fault = ({ method }) => (method === 'PUT' ? (troubles[next++] ?? null) : null);
      const manifest = await uploadTo(place, { remote });
      expect(manifest.status).toBe('UPLOAD_VERIFIED');
      expect(next).toBeGreaterThan(troubles.length);
      let cut = 0;
      server.fault = ({ method }) =>
        method === 'GET' && cut++ === 0 ? { kind: 'short', part: 0.5 } : null;
      const expired = { remote, now: later(2 * DAY_MS) };
      const refused = await uploadTo(place, expired);
      expect(refused.files).toMatchObject([{ path: archive.path, deleted_locally: false }]);
      const deleted = await uploadTo(place, expired);
      expect(deleted.files[0]).toMatchObject({ path: archive.path, deleted_locally: true });
    }));

  it.each([
    ['tells a wrong hash', { kind: 'say', etag: '0'.repeat(32) }, 'HEAD'],
    ['tells a wrong size', { kind: 'say', bytes: 7 }, 'HEAD'],
    ['keeps half of an object and tells its right hash', { kind: 'keep-part', part: 0.5 }, 'PUT'],
    ['lists objects that it does not hold', { kind: 'keep-part', part: 0 }, 'PUT'],
    ['keeps another content and tells the right hash', { kind: 'flip' }, 'PUT'],
  ] as const)('deletes nothing when the server %s', (_name, fault, at) =>
    withRemote(async (place) => {
      const remote = await remoteOf(place);
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      server.fault = ({ method, key }) => (method === at && key.includes('.gz') ? fault : null);
      const manifest = await uploadTo(place, { remote, retentionMs: 0, now: later(1_000) });
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.files.find((file) => file.path === archive.path)).toMatchObject({
        verified: false,
        deleted_locally: false,
      });
      expect(sha256(await readFile(join(place.dataRoot, archive.path)))).toBe(archive.sha256);
      expect(await exists(join(place.dataRoot, verifiedPath(archive.path)))).toBe(false);
    }),
  );

  it('shows nothing of the rclone configuration in output, arguments or manifests', () =>
    withRemote(async (place) => {
      await remoteOf(place);
      await closedArchive(place.dataRoot, { frames: 5 });
      const config = join(place.target, 'config.yaml');
      await writeFile(
        config,
        'uploader: {remote: {type: rclone, target: "s3:archive/full"}, minimumAge: 0s, retention: 0s}\nlog: {level: debug}\n',
      );
      const lines = new Set<string>();
      // Answers wait until the arguments of every process were read, so that none is too quick to be seen.
      server.fault = () => ({ kind: 'late', milliseconds: 30 });
      const child = spawn(
        process.execPath,
        [MAIN, 'upload', `--config=${config}`, `--data=${place.dataRoot}`],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (piece: Buffer) => {
          output += piece.toString();
        });
      }
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      let running = true;
      void ended.then(() => {
        running = false;
      });
      while (running) {
        for (const line of await commandLines(child.pid ?? 0)) lines.add(line);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await ended, output).toBe(0);
      expect([...lines].some((line) => line.includes('rclone\0check'))).toBe(true);
      const folder = join(place.dataRoot, UPLOAD_MANIFEST_FOLDER);
      const texts = await Promise.all(
        (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
      );
      expect(uploadManifest.parse(JSON.parse(texts[0] ?? '')).status).toBe('UPLOAD_VERIFIED');
      for (const text of [output, ...lines, ...texts]) {
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain('access_key');
      }
    }));
});

/** Command lines of the process and its children, as anybody on the machine can read them. */
async function commandLines(pid: number): Promise<string[]> {
  const of = (id: string | number, name: string) =>
    readFile(`/proc/${id}/${name}`, 'utf8').catch(() => '');
  const children = (await of(pid, `task/${pid}/children`)).split(' ').filter(Boolean);
  return Promise.all([pid, ...children].map((id) => of(id, 'cmdline')));
}
