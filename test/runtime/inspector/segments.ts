import { expect } from 'vitest';
import type { ArchiveManifest } from '../../../runtime/archive/manifest.ts';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { rotatingWriter } from '../archive/rows.ts';

/** Writes each group of rows into a segment of its own. */
export async function segments(dataRoot: string, groups: readonly (readonly NewRow[])[]) {
  const manifests: ArchiveManifest[] = [];
  const writer = await rotatingWriter(dataRoot, (manifest) => manifests.push(manifest));
  for (const group of groups) {
    for (const row of group) writer.append(row);
    await writer.flush();
  }
  await writer.close();
  expect(manifests).toHaveLength(groups.length);
  return manifests;
}

/** A gap row that says how many frames of connection `c1` were lost. */
export function lost(frames: number): NewRow {
  return {
    type: 'gap',
    connection_id: 'c1',
    reason: 'overflow',
    since: null,
    at: new Date().toISOString(),
    detail: 'made by a test',
    lost_frames: frames,
  };
}
