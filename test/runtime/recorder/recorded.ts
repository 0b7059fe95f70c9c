import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import {
  type ArchiveRow,
  archiveRow,
  type FrameRow,
  type GapRow,
} from '../../../runtime/archive/row.ts';

/** The frames and gaps of one run as its closed archives hold them, read without the project's own reader. */
export interface Recorded {
  readonly rows: readonly (FrameRow | GapRow)[];
  readonly frames: readonly FrameRow[];
  readonly gaps: readonly GapRow[];
  /** Connection ids in the order in which they were open and subscribed. */
  readonly connections: readonly string[];
  framesOf(connectionId: string): readonly FrameRow[];
}

/** Paths, relative to `dataRoot`, of its closed ws_raw archives, or of those still open. */
export function archivesIn(
  dataRoot: string,
  ending: '.jsonl.gz' | '.open' = '.jsonl.gz',
): string[] {
  return readdirSync(dataRoot, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('/ws_raw/') && path.endsWith(ending))
    .sort();
}

/**
 * Reads every closed ws_raw archive of one run and insists on what each must be: whole gzip, valid rows between one
 * `segment` and one `end`, hashes that match, sequences without a hole through all segments, each number once.
 */
export function readRecorded(dataRoot: string, runId?: string): Recorded {
  const rows: (FrameRow | GapRow)[] = [];
  for (const path of archivesIn(dataRoot)) {
    if (runId !== undefined && !basename(path).includes(runId)) continue;
    const text = gunzipSync(readFileSync(join(dataRoot, path))).toString();
    const all = text
      .trimEnd()
      .split('\n')
      .map((line) => archiveRow.parse(JSON.parse(line)));
    expect(all[0]?.type).toBe('segment');
    expect(all.at(-1)).toMatchObject({ type: 'end', rows: all.length - 2 });
    rows.push(...all.slice(1, -1).filter(isFrameOrGap));
  }
  expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, index) => index));
  const frames = rows.filter((row) => row.type === 'frame');
  for (const frame of frames)
    expect(frame.payload_sha256).toBe(hash('sha256', frame.raw_text, 'hex'));
  const gaps = rows.filter((row) => row.type === 'gap');
  return {
    rows,
    frames,
    gaps,
    connections: gaps.flatMap((gap) =>
      gap.reason === 'connect' && gap.connection_id !== null ? [gap.connection_id] : [],
    ),
    framesOf: (id) => frames.filter((frame) => frame.connection_id === id),
  };
}

function isFrameOrGap(row: ArchiveRow): row is FrameRow | GapRow {
  return row.type === 'frame' || row.type === 'gap';
}
