import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { archiveManifestPath, openPath } from '../../../runtime/archive/layout.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { inspectReport } from '../../../runtime/inspector/report.ts';
import { isClean, reportText } from '../../../runtime/inspector/text.ts';
import { directoryRemote } from '../../../runtime/uploader/directory.ts';
import { closedArchive, provenanceOf, withFolder } from '../archive/rows.ts';
import { uploadTo, withRemote } from '../uploader/uploads.ts';

async function one(dataRoot: string) {
  const report = inspectReport.parse(await inspect({ dataRoot }));
  const [archive, ...others] = report.archives;
  if (archive === undefined || others.length > 0) throw new Error('expected one archive');
  return { report, archive };
}

/** Replaces the lines of a closed archive, its manifest staying as it was. */
async function editLines(file: string, edit: (lines: string[]) => string[]) {
  const lines = gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n');
  await writeFile(file, gzipSync(`${edit(lines).join('\n')}\n`));
}

describe('inspect', () => {
  it('finds nothing wrong with what the writer closed', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 60 });
      const { report, archive } = await one(dataRoot);
      expect(reportText(report)).toContain('nothing is wrong');
      expect(isClean(report)).toBe(true);
      expect(archive).toMatchObject({
        path: manifest.path,
        sha256: manifest.sha256,
        plain_sha256: manifest.plain_sha256,
        rows: 60,
        frames: 60,
        data_frames: 60,
        complete: true,
        close_reason: 'shutdown',
        manifest: 'match',
        errors: [],
      });
      expect(report.runs).toEqual([
        {
          run_id: 'run1',
          stream: 'ws_raw',
          segments: 1,
          frames: 60,
          sequence_breaks: 0,
          connection_sequence_breaks: 0,
        },
      ]);
    }));

  it('says that there is nothing where nothing was recorded', () =>
    withFolder(async (dataRoot) => {
      const report = await inspect({ dataRoot });
      expect(report.problems.join()).toContain('was anything recorded?');
    }));

  const damages: readonly (readonly [
    name: string,
    damage: (file: string, dataRoot: string) => Promise<void>,
    words: readonly RegExp[],
  ])[] = [
    [
      'a truncated file',
      (file) => readFile(file).then(({ length }) => truncate(file, length - 100)),
      [/gzip: truncated: the file ends in the middle/, /the archive stops after \d+ good rows/],
    ],
    [
      'a flipped bit',
      async (file) => {
        const content = await readFile(file);
        content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 0x10;
        await writeFile(file, content);
      },
      [/gzip: (damaged|bad checksum)|not JSON|payload hashes to/, /manifest says sha256/],
    ],
    [
      'a wrong checksum of gzip',
      async (file) => {
        const content = await readFile(file);
        content[content.length - 6] = (content[content.length - 6] ?? 0) ^ 1;
        await writeFile(file, content);
      },
      [/gzip: bad checksum/],
    ],
    [
      'something after the end of gzip',
      async (file) => writeFile(file, Buffer.concat([await readFile(file), Buffer.alloc(3)])),
      [/gzip: 3 bytes of something else follow/],
    ],
    [
      'a missing end row',
      (file) => editLines(file, (lines) => lines.slice(0, -1)),
      [/expected an end row as the last one; the archive stops after 60 good rows/],
    ],
    [
      'a line that is no JSON',
      (file) => editLines(file, (lines) => lines.with(7, '{"type":"frame"')),
      [/line 8: not JSON/, /the end row counts 60 rows, 59 good ones are here/],
    ],
    [
      'a row that is not of the schema',
      (file) => editLines(file, (lines) => lines.with(3, '{"type":"frame","sequence":-1}')),
      [/line 4: not a row of the archive schema: sequence/],
    ],
    [
      'a row that was taken out',
      (file) => editLines(file, (lines) => lines.toSpliced(10, 1)),
      [/line 11: sequence 10 follows 8: 1 missing/, /connection c1: frame 10 follows 8: 1 missing/],
    ],
    [
      'a payload that was changed',
      (file) =>
        editLines(file, (lines) => lines.with(5, (lines[5] ?? '').replace('asset', 'Asset'))),
      [/line 6: payload hashes to [0-9a-f]{64}, the row says/],
    ],
    [
      'a manifest that says something else',
      async (file, dataRoot) => {
        const path = manifestPath(file, dataRoot);
        const manifest = JSON.parse(await readFile(path, 'utf8'));
        await writeFile(path, JSON.stringify({ ...manifest, rows: 61, sha256: '0'.repeat(64) }));
      },
      [/manifest says rows 61, the archive has 60/, /manifest says sha256 "000/],
    ],
    [
      'a manifest that is none',
      (file, dataRoot) => writeFile(manifestPath(file, dataRoot), '{"schema":'),
      [/expected an archive manifest/],
    ],
    [
      'no manifest',
      (file, dataRoot) => rm(manifestPath(file, dataRoot)),
      [/the archive has no manifest/],
    ],
  ];

  it.each(damages)('reports %s with its own words', (_name, damage, words) =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 60 });
      await damage(join(dataRoot, manifest.path), dataRoot);
      const { report, archive } = await one(dataRoot);
      for (const word of words) expect(archive.errors.join('\n')).toMatch(word);
      expect(isClean(report)).toBe(false);
    }),
  );

  function manifestPath(file: string, dataRoot: string): string {
    return join(dataRoot, archiveManifestPath(file.slice(dataRoot.length + 1)));
  }

  it('reports links and paths that lead out of the raw folder, and reads none of them', () =>
    withFolder(async (folder) => {
      const dataRoot = join(folder, 'data');
      const outside = await closedArchive(join(folder, 'outside'), { frames: 3, runId: 'evil' });
      const inside = await closedArchive(dataRoot, { frames: 3 });
      const link = join(dataRoot, outside.path);
      await symlink(join(folder, 'outside', outside.path), link);
      await symlink(join(folder, 'outside'), join(dirname(link), 'folder'));
      const paths = [inside.path, outside.path, '../outside/x.jsonl.gz', '/etc/passwd'];
      const report = await inspect({ dataRoot, paths, since: new Date(0) });
      expect(report.archives.map((archive) => archive.path)).toEqual([inside.path]);
      const problems = report.problems.join('\n');
      expect(problems).toContain(`${outside.path}: is a link that leads out of`);
      expect(problems).toContain('/folder: is a link that leads out of');
      expect(problems).toContain('../outside/x.jsonl.gz: leads out of');
      expect(problems).toContain('/etc/passwd: leads out of');
    }));

  it('reads nothing when the raw folder itself is a link that leads out', () =>
    withFolder(async (folder) => {
      await closedArchive(join(folder, 'outside'), { frames: 3 });
      const dataRoot = join(folder, 'data');
      await mkdir(dataRoot);
      await symlink(join(folder, 'outside/raw_orderbooks'), join(dataRoot, 'raw_orderbooks'));
      const report = await inspect({ dataRoot });
      expect(report.archives).toEqual([]);
      expect(report.problems.join()).toContain('leads out of the data root');
    }));

  it('reads what is asked for: by age, by path, or both', () =>
    withFolder(async (dataRoot) => {
      const old = await closedArchive(dataRoot, { frames: 3, runId: 'old' });
      const future = new Date(Date.now() + 3_600_000);
      const paths = async (options: { since?: Date; paths?: readonly string[] }) =>
        (await inspect({ dataRoot, ...options })).archives.map((archive) => archive.path);
      expect(await paths({})).toEqual([old.path]);
      expect(await paths({ since: future })).toEqual([]);
      expect(await paths({ since: future, paths: [old.path] })).toEqual([old.path]);
      const gone = await inspect({ dataRoot, paths: [old.path.replace('_old_', '_new_')] });
      expect(gone.archives).toEqual([]);
      expect(gone.problems.join()).toContain('is not there');
    }));

  it('lists open files, and does not take them for archives', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 3 });
      await rename(join(dataRoot, manifest.path), join(dataRoot, openPath(manifest.path)));
      await rm(join(dataRoot, archiveManifestPath(manifest.path)));
      const report = await inspect({ dataRoot });
      expect(report.archives).toEqual([]);
      expect(report.open).toMatchObject([{ path: openPath(manifest.path), bytes: manifest.bytes }]);
    }));

  it('misses an archive that is gone without a verified upload', () =>
    withFolder(async (dataRoot) => {
      const manifest = await closedArchive(dataRoot, { frames: 3 });
      await rm(join(dataRoot, manifest.path));
      const report = await inspect({ dataRoot });
      expect(report.problems).toEqual([
        `${manifest.path}: is gone, though its manifest is here and no upload was verified`,
      ]);
    }));

  it('reads the upload back that was asked for, by its id or by the pod or Job that ran it', () =>
    withRemote(async (place) => {
      await closedArchive(place.dataRoot, { frames: 5, runId: 'first' });
      const of = (pod: string) => ({ provenance: { ...provenanceOf('uploader'), pod } });
      const first = await uploadTo(place, of('orderbooks-verify-upload-x7-abcde'));
      await closedArchive(place.dataRoot, { frames: 5, runId: 'second' });
      const second = await uploadTo(place, of('orderbooks-uploader-29-fghij'));
      const remote = directoryRemote(place.target, { dataRoot: place.dataRoot });
      const asked = (upload?: string) =>
        inspect({
          dataRoot: place.dataRoot,
          remote,
          ...(upload === undefined ? {} : { upload }),
        });
      expect((await asked()).remote_upload_id).toBe(second.upload_id);
      for (const name of [first.upload_id, first.pod, 'orderbooks-verify-upload-x7']) {
        const report = inspectReport.parse(await asked(name));
        expect(report.remote_upload_id).toBe(first.upload_id);
        expect(report.remote?.map((file) => file.path)).toEqual(
          first.files.map((file) => file.path),
        );
      }
      const none = await asked('orderbooks-verify-upload');
      expect(none).toMatchObject({ remote: [], remote_upload_id: null });
      expect(none.problems.join()).toContain('no upload manifest of orderbooks-verify-upload');
    }));

  it('reads the newest upload back from the remote, and sees what changed there', () =>
    withRemote(async (place) => {
      const archive = await closedArchive(place.dataRoot, { frames: 3 });
      await uploadTo(place);
      const remote = directoryRemote(place.target, { dataRoot: place.dataRoot });
      const good = await inspect({ dataRoot: place.dataRoot, remote });
      expect(good.remote).toHaveLength(2);
      expect(isClean(good)).toBe(true);
      await rm(join(place.target, archive.path));
      const bad = await inspect({ dataRoot: place.dataRoot, remote });
      expect(bad.remote?.[0]).toEqual({
        path: archive.path,
        remote_path: archive.path,
        expected_sha256: archive.sha256,
        observed_sha256: null,
        error: 'is not there',
      });
      expect(isClean(bad)).toBe(false);
    }));
});
