import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveManifest } from '../../../runtime/archive/manifest.ts';
import type { Provenance } from '../../../runtime/archive/row.ts';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { type ArchiveLimits, ArchiveWriter } from '../../../runtime/archive/writer.ts';

export function provenanceOf(runId: string): Provenance {
  return {
    run_id: runId,
    git_sha: 'a'.repeat(40),
    image: 'registry.example.com/data/orderbooks@sha256:00',
    config_sha256: 'c'.repeat(64),
    pod: 'orderbooks-ws-recorder-0',
  };
}

export const LIMITS: ArchiveLimits = {
  rotateAfterMs: 3_600_000,
  rotateBytes: 67_108_864,
  flushIntervalMs: 20,
  gzipLevel: 6,
  queueBytes: 16_777_216,
};

/** A writer of run `run1` that begins an archive of its own after each flush, and tells of each that it closed. */
export function rotatingWriter(
  dataRoot: string,
  closed: (manifest: ArchiveManifest) => void,
): Promise<ArchiveWriter> {
  return ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: provenanceOf('run1'),
    limits: { ...LIMITS, rotateBytes: 1 },
    onEvent: (event) => {
      if (event.kind === 'closed') closed(event.manifest);
    },
  });
}

/** A frame row with a body of about `bytes` bytes, its hash right. */
export function frame(
  connectionSequence: number,
  options: {
    readonly connection?: string;
    readonly at?: string;
    readonly text?: string;
    readonly bytes?: number;
  } = {},
): NewRow {
  const text =
    options.text ??
    JSON.stringify([
      {
        event_type: 'book',
        asset_id: '123456789',
        n: connectionSequence,
        pad: 'é"\\'.repeat((options.bytes ?? 60) / 4),
      },
    ]);
  return {
    type: 'frame',
    connection_id: options.connection ?? 'c1',
    connection_sequence: connectionSequence,
    received_at: options.at ?? new Date().toISOString(),
    received_mono_ns: String(process.hrtime.bigint()),
    payload_sha256: sha256(text),
    raw_text: text,
  };
}

export function gap(reason: 'start' | 'disconnect' | 'overflow' | 'shutdown' = 'start'): NewRow {
  return {
    type: 'gap',
    connection_id: null,
    reason,
    since: null,
    at: new Date().toISOString(),
    detail: 'made by a test',
  };
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A folder that is gone after `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-archive-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes and closes one archive of `frames` frames and returns its manifest. */
export async function closedArchive(
  dataRoot: string,
  options: { readonly frames: number; readonly runId?: string; readonly bytes?: number },
): Promise<ArchiveManifest> {
  const manifests: ArchiveManifest[] = [];
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: provenanceOf(options.runId ?? 'run1'),
    limits: LIMITS,
    onEvent: (event) => {
      if (event.kind === 'closed') manifests.push(event.manifest);
    },
  });
  for (let index = 0; index < options.frames; index++) {
    writer.append(frame(index, { bytes: options.bytes ?? 60 }));
    if (index % 25 === 0) await writer.flush();
  }
  await writer.close();
  const [manifest] = manifests;
  if (manifest === undefined) throw new Error('expected a closed archive');
  return manifest;
}
