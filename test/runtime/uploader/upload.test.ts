import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists } from '../../../runtime/archive/disk.ts';
import {
  archiveManifestPath,
  UPLOAD_MANIFEST_FOLDER,
  verifiedPath,
} from '../../../runtime/archive/layout.ts';
import { uploadManifest } from '../../../runtime/archive/manifest.ts';
import { directoryRemote } from '../../../runtime/uploader/directory.ts';
import type { Remote } from '../../../runtime/uploader/remote.ts';
import { closedArchive, sha256 } from '../archive/rows.ts';
import { DAY_MS, later, uploadTo, withRemote } from './uploads.ts';

describe('upload', () => {
  it('copies closed archives with their manifests, verifies them, and says so in a manifest', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 50 });
      const manifest = await uploadTo(place);
      expect(manifest).toMatchObject({
        status: 'UPLOAD_VERIFIED',
        gate_status: 'PASS',
        errors: [],
      });
      expect(manifest.files.map((file) => [file.path, file.verified])).toEqual([
        [archive.path, true],
        [archiveManifestPath(archive.path), true],
      ]);
      expect(sha256(await readFile(join(place.target, archive.path)))).toBe(archive.sha256);
      const written = join(place.dataRoot, UPLOAD_MANIFEST_FOLDER, `${manifest.upload_id}.json`);
      expect(uploadManifest.parse(JSON.parse(await readFile(written, 'utf8')))).toEqual(manifest);
      expect(await exists(join(place.dataRoot, archive.path))).toBe(true);
    }));

  it('has nothing to upload when everything was verified before, or is too young', () =>
    withRemote(async (place) => {
      expect((await uploadTo(place)).status).toBe('NOTHING_TO_UPLOAD');
      await closedArchive(place.dataRoot, { frames: 5 });
      expect((await uploadTo(place, { minimumAgeMs: 60_000 })).status).toBe('NOTHING_TO_UPLOAD');
      expect((await uploadTo(place)).status).toBe('UPLOAD_VERIFIED');
      expect(await uploadTo(place)).toMatchObject({
        status: 'NOTHING_TO_UPLOAD',
        gate_status: 'FAIL',
        files: [],
      });
    }));

  it('deletes an archive only after the retention, and after it read its copy again', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await uploadTo(place);
      const kept = await uploadTo(place, { now: later(DAY_MS / 2) });
      expect(kept.files).toEqual([]);
      const manifest = await uploadTo(place, { now: later(DAY_MS * 2) });
      expect(manifest.status).toBe('UPLOAD_VERIFIED');
      expect(manifest.files).toMatchObject([
        { path: archive.path, verified: true, deleted_locally: true },
      ]);
      expect(await exists(join(place.dataRoot, archive.path))).toBe(false);
      expect(sha256(await readFile(join(place.target, archive.path)))).toBe(archive.sha256);
    }));

  it('uploads an archive that is closed in the future, and keeps it for the retention from its verification', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const local = join(place.dataRoot, archive.path);
      // The clock was set back by ten days after the archive was closed.
      const at = (days: number) => ({ now: later((days - 10) * DAY_MS), minimumAgeMs: DAY_MS });
      expect((await uploadTo(place, at(0))).status).toBe('UPLOAD_VERIFIED');
      expect(sha256(await readFile(join(place.target, archive.path)))).toBe(archive.sha256);
      expect(await uploadTo(place, at(0.9))).toMatchObject({ files: [] });
      expect(await exists(local)).toBe(true);
      expect((await uploadTo(place, at(1.1))).files).toMatchObject([{ deleted_locally: true }]);
      expect(await exists(local)).toBe(false);
    }));

  it('does not delete what was verified in the future: nobody knows how long ago that was', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await uploadTo(place, { now: later(10 * DAY_MS), retentionMs: 30 * DAY_MS });
      expect(await uploadTo(place, { now: later(-DAY_MS) })).toMatchObject({ files: [] });
      expect(await exists(join(place.dataRoot, archive.path))).toBe(true);
    }));

  it('keeps an expired archive whose copy is not right any more, and uploads it again', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await uploadTo(place);
      await appendFile(join(place.target, archive.path), 'x');
      const refused = await uploadTo(place, { now: later(DAY_MS * 2) });
      expect(refused.status).toBe('UPLOAD_FAILED');
      expect(refused.files[0]?.error).toContain('not deleted: the copy hashes to');
      expect(await exists(join(place.dataRoot, archive.path))).toBe(true);
      const repaired = await uploadTo(place, { now: later(DAY_MS * 2) });
      expect(repaired.status).toBe('UPLOAD_VERIFIED');
      expect(sha256(await readFile(join(place.target, archive.path)))).toBe(archive.sha256);
    }));

  it('does not upload an archive that changed since it was closed', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await appendFile(join(place.dataRoot, archive.path), 'x');
      const manifest = await uploadTo(place);
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.files[0]?.error).toContain('changed since it was closed');
      expect(await exists(join(place.target, archive.path))).toBe(false);
    }));

  it('takes no archive without a manifest: it is not closed entirely', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      await rm(join(place.dataRoot, archiveManifestPath(archive.path)));
      expect((await uploadTo(place)).status).toBe('NOTHING_TO_UPLOAD');
    }));

  it.each([
    ['holds other content than it was given', (there: string) => writeFile(there, 'other')],
    ['loses what it was given', (there: string) => rm(there)],
  ])('does not call verified what a remote %s', (_name, spoil) =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const honest = directoryRemote(place.target, { dataRoot: place.dataRoot });
      const remote: Remote = {
        ...honest,
        async copy(files) {
          await honest.copy(files);
          await spoil(join(place.target, archive.path));
        },
      };
      for (const retentionMs of [DAY_MS, 0]) {
        const manifest = await uploadTo(place, { remote, retentionMs, now: later(1_000) });
        expect(manifest.status).toBe('UPLOAD_FAILED');
        expect(manifest.files.find((file) => file.path === archive.path)).toMatchObject({
          verified: false,
          deleted_locally: false,
        });
        expect(await exists(join(place.dataRoot, verifiedPath(archive.path)))).toBe(false);
        expect(await exists(join(place.dataRoot, archive.path))).toBe(true);
      }
    }),
  );

  it('refuses to delete when the remote turns out to be the data root itself', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 5 });
      const itself: Remote = {
        type: 'rclone',
        target: 'alias:',
        copy: async () => undefined,
        verify: async (files) => ({
          by: 'content',
          results: new Map(files.map((file) => [file.path, null])),
        }),
        async readBack(paths) {
          const here = await Promise.all(
            paths.map(async (path) => [path, await readFile(join(place.dataRoot, path))] as const),
          );
          return new Map(here.map(([path, content]) => [path, { sha256: sha256(content) }]));
        },
      };
      const options = { remote: itself, retentionMs: 0, now: later(1_000) };
      const manifest = await uploadTo(place, options);
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.errors.join()).toContain('it is the data root itself');
      expect(await exists(join(place.dataRoot, archive.path))).toBe(true);
    }));

  it('names a remote folder that is not there, and does not make it', () =>
    withRemote(async (place) => {
      await closedArchive(place.dataRoot, { frames: 5 });
      await rm(place.target, { recursive: true });
      const manifest = await uploadTo(place);
      expect(manifest.status).toBe('UPLOAD_FAILED');
      expect(manifest.errors.join()).toContain('is the share mounted?');
      expect(await exists(place.target)).toBe(false);
    }));
});
