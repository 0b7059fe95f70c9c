import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { type Disk, nodeDisk } from '../../../runtime/archive/disk.ts';
import { archiveManifestPath } from '../../../runtime/archive/layout.ts';
import { type ArchiveManifest, archiveManifest } from '../../../runtime/archive/manifest.ts';
import { archiveRow } from '../../../runtime/archive/row.ts';
import { type ArchiveEvent, ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { faultyDisk, hastyClock } from './faulty-disk.ts';
import { frame, gap, LIMITS, provenanceOf, sha256, withFolder } from './rows.ts';

async function openWriter(dataRoot: string, limits = LIMITS, runId = 'run1') {
  const events: ArchiveEvent[] = [];
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: provenanceOf(runId),
    limits,
    onEvent: (event) => events.push(event),
  });
  const closed = () => events.flatMap((event) => (event.kind === 'closed' ? [event.manifest] : []));
  return { writer, events, closed };
}

async function linesOf(dataRoot: string, manifest: ArchiveManifest) {
  const text = gunzipSync(await readFile(join(dataRoot, manifest.path))).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => archiveRow.parse(JSON.parse(line)));
}

describe('ArchiveWriter', () => {
  it('closes an archive of segment, rows and end, with a manifest that says what is in it', () =>
    withFolder(async (dataRoot) => {
      const { writer, closed } = await openWriter(dataRoot);
      writer.setTokens(['11', '22']);
      expect(writer.append(gap())).toBe(0);
      const texts = ['[]', 'PONG', '{"a":"ü\u2028\\n"}'];
      for (const [index, text] of texts.entries()) {
        expect(writer.append(frame(index, { text }))).toBe(index + 1);
      }
      await writer.close();
      const [manifest] = closed();
      if (manifest === undefined) throw new Error('expected a closed archive');
      const rows = await linesOf(dataRoot, manifest);
      expect(rows.map((row) => row.type)).toEqual([
        'segment',
        'gap',
        'frame',
        'frame',
        'frame',
        'end',
      ]);
      expect(rows.flatMap((row) => (row.type === 'frame' ? [row.raw_text] : []))).toEqual(texts);
      expect(rows.at(-1)).toMatchObject({ rows: 4, reason: 'shutdown' });
      const bytes = await readFile(join(dataRoot, manifest.path));
      const plain = gunzipSync(bytes);
      expect(manifest).toMatchObject({
        rows: 4,
        frames: 3,
        gaps: 1,
        bytes: bytes.length,
        sha256: sha256(bytes),
        plain_bytes: plain.length,
        plain_sha256: sha256(plain),
        first_sequence: 0,
        last_sequence: 3,
        tokens: ['11', '22'],
        connections: [{ connection_id: 'c1', first_sequence: 0, last_sequence: 2, frames: 3 }],
      });
      const written = await readFile(join(dataRoot, archiveManifestPath(manifest.path)), 'utf8');
      expect(archiveManifest.parse(JSON.parse(written))).toEqual(manifest);
      expect(await readdir(join(dataRoot, 'locks'))).toEqual([]);
    }));

  it('goes on with the sequence in the next segment when one is full', () =>
    withFolder(async (dataRoot) => {
      const { writer, closed } = await openWriter(dataRoot, { ...LIMITS, rotateBytes: 20_000 });
      for (let index = 0; index < 4_000; index++) {
        writer.append(frame(index, { bytes: 600 }));
        if (index % 500 === 0) await writer.flush();
      }
      await writer.close();
      expect(closed().length).toBeGreaterThan(2);
      let next = 0;
      for (const [index, manifest] of closed().entries()) {
        expect(manifest.segment).toBe(index + 1);
        for (const row of await linesOf(dataRoot, manifest)) {
          if (row.type === 'frame') expect(row.sequence).toBe(next++);
        }
      }
      expect(next).toBe(4_000);
    }));

  it('puts rows of another UTC day into an archive of that day', () =>
    withFolder(async (dataRoot) => {
      const { writer, closed } = await openWriter(dataRoot);
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
      writer.append(frame(0));
      writer.append(frame(1, { at: tomorrow }));
      await writer.close();
      const days = closed().map(({ path }) => path.split('/').slice(3, 6).join('-'));
      expect(days).toEqual([new Date().toISOString().slice(0, 10), tomorrow.slice(0, 10)]);
    }));

  it('closes an archive when its time is over, though no row comes any more', () =>
    withFolder(async (dataRoot) => {
      const { writer, events } = await openWriter(dataRoot, { ...LIMITS, rotateAfterMs: 60 });
      writer.append(frame(0));
      await vi.waitFor(() => {
        expect(events.map((event) => event.kind)).toEqual(['opened', 'closed']);
      });
      await writer.close();
      expect(events).toHaveLength(2);
    }));

  it('says loudly that the disk refuses, goes on when it works again, and counts what it cannot save', () =>
    withFolder(async (dataRoot) => {
      let full = true;
      const faulty = faultyDisk((call) => (call > 3 && full ? 'refuse' : null));
      const events: ArchiveEvent[] = [];
      const writer = await ArchiveWriter.open({
        dataRoot,
        stream: 'ws_raw',
        provenance: provenanceOf('run1'),
        limits: { ...LIMITS, closeTimeoutMs: 5_000 },
        disk: faulty.disk,
        clock: hastyClock,
        onEvent: (event) => events.push(event),
      });
      writer.append(frame(0));
      await vi.waitFor(() => expect(writer.state.status).toBe('error'));
      expect(writer.undurableRows).toBe(1);
      full = false;
      await writer.flush();
      expect(writer.state.status).toBe('ok');
      expect(writer.undurableRows).toBe(0);
      expect(events.some((event) => event.kind === 'recovered')).toBe(true);
      full = true;
      writer.append(frame(1));
      await expect(writer.close()).rejects.toThrow(/1 rows are not on the disk and are lost/);
      expect(writer.append(frame(2))).toBeNull();
    }));

  it('refuses a second writer of the same run and stream', () =>
    withFolder(async (dataRoot) => {
      const { writer } = await openWriter(dataRoot);
      await expect(openWriter(dataRoot)).rejects.toThrow(/another one is alive/);
      await writer.close();
    }));

  it('writes again what a failed sync may have dropped', () =>
    withFolder(async (dataRoot) => {
      let refusals = 2;
      const forgetful: Disk = {
        ...nodeDisk,
        async create(path) {
          const file = await nodeDisk.create(path);
          let synced = 0;
          let size = 0;
          return {
            ...file,
            async write(bytes, position) {
              const wrote = await file.write(bytes, position);
              size = Math.max(size, position + wrote);
              return wrote;
            },
            async sync() {
              await file.sync();
              if (!path.endsWith('.open') || refusals === 0) {
                synced = size;
                return;
              }
              refusals--;
              await truncate(path, synced);
              throw Object.assign(new Error('EIO: made by the test'), { code: 'EIO' });
            },
          };
        },
      };
      const manifests: ArchiveManifest[] = [];
      const writer = await ArchiveWriter.open({
        dataRoot,
        stream: 'ws_raw',
        provenance: provenanceOf('run1'),
        limits: LIMITS,
        disk: forgetful,
        clock: hastyClock,
        onEvent: (event) => {
          if (event.kind === 'closed') manifests.push(event.manifest);
        },
      });
      for (let index = 0; index < 50; index++) writer.append(frame(index));
      await writer.flush();
      await writer.close();
      expect(refusals).toBe(0);
      const [manifest] = manifests;
      if (manifest === undefined) throw new Error('expected a closed archive');
      expect(await linesOf(dataRoot, manifest)).toHaveLength(52);
      expect(sha256(await readFile(join(dataRoot, manifest.path)))).toBe(manifest.sha256);
    }));
});
