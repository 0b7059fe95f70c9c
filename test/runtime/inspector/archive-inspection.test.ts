import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { inspectArchive } from '../../../runtime/inspector/archive-inspection.ts';
import { closedArchive, LIMITS, provenanceOf, sha256, withFolder } from '../archive/rows.ts';

describe('a checkpoint', () => {
  it.each([
    ['good: an answer with a book', 200, '[{"market":"m"}]', 1],
    ['not good: an answer without books', 200, '[]', 0],
    ['not good: an answer that is no list', 200, '{"market":"m"}', 0],
    ['not good: a text that is no JSON', 200, '<html>', 0],
    ['not good: an answer that failed, whatever it holds', 500, '[{"market":"m"}]', 0],
  ])('is %s', async (_what, status, raw_text, good) => {
    await withFolder(async (dataRoot) => {
      const path = await checkpointArchive(dataRoot, status, raw_text);
      const { report } = await inspectArchive(dataRoot, path);
      expect(report).toMatchObject({
        checkpoints: 1,
        good_checkpoints: good,
        data_frames: 0,
        payload_mismatches: 0,
        errors: [],
      });
    });
  });
});

describe('many faults', () => {
  it('of one kind are counted, and the first five are told', () =>
    withFolder(async (dataRoot) => {
      const { path } = await closedArchive(dataRoot, { frames: 20 });
      await edit(join(dataRoot, path), (line, index) =>
        index >= 3 && index < 11 ? line.replace('asset', 'Asset') : line,
      );
      const { report } = await inspectArchive(dataRoot, path);
      expect(report.payload_mismatches).toBe(8);
      const told = report.errors.filter((text) => text.includes('payload hashes to'));
      expect(told).toHaveLength(5);
      expect(report.errors).toContain('and 3 more of this kind');
    }));

  it('of reading are not all told, and how many more there are is', () =>
    withFolder(async (dataRoot) => {
      const { path } = await closedArchive(dataRoot, { frames: 60 });
      await edit(join(dataRoot, path), (line, index) => (index > 0 && index < 60 ? '{' : line));
      const { report } = await inspectArchive(dataRoot, path);
      expect(report.complete).toBe(false);
      expect(report.errors).toContainEqual(
        expect.stringMatching(/^and \d+ more problems of reading$/),
      );
    }));

  it('that are as many as are told are not followed by more', () =>
    withFolder(async (dataRoot) => {
      const { path } = await closedArchive(dataRoot, { frames: 20 });
      await edit(join(dataRoot, path), (line, index) =>
        index >= 3 && index < 8 ? line.replace('asset', 'Asset') : line,
      );
      const { errors } = (await inspectArchive(dataRoot, path)).report;
      expect(errors.filter((text) => text.includes('more'))).toEqual([]);
    }));
});

describe('a manifest', () => {
  it('of an archive of long ago is compared, and not waited for', () =>
    withFolder(async (dataRoot) => {
      const { path } = await closedArchive(dataRoot, { frames: 3 });
      const yesterday = new Date(Date.now() - 86_400_000);
      await utimes(join(dataRoot, path), yesterday, yesterday);
      expect((await inspectArchive(dataRoot, path)).report.manifest).toBe('match');
    }));
});

async function checkpointArchive(
  dataRoot: string,
  status: number,
  raw_text: string,
): Promise<string> {
  const paths: string[] = [];
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'rest_checkpoints',
    provenance: provenanceOf('run1'),
    limits: LIMITS,
    onEvent: (event) => {
      if (event.kind === 'closed') paths.push(event.manifest.path);
    },
  });
  const at = new Date().toISOString();
  writer.append({
    type: 'checkpoint',
    requested_at: at,
    received_at: at,
    url: 'https://example.com/books',
    status,
    token_ids: ['1'],
    omitted: [],
    payload_sha256: sha256(raw_text),
    raw_text,
  });
  await writer.close();
  const [path] = paths;
  if (path === undefined) throw new Error('expected a closed archive');
  return path;
}

async function edit(file: string, change: (line: string, index: number) => string): Promise<void> {
  const lines = gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n');
  await writeFile(file, gzipSync(`${lines.map(change).join('\n')}\n`));
}
