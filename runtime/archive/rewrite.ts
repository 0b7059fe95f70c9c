import { dirname } from 'node:path';
import { Compressor } from './compressor.ts';
import { type Disk, writeFully } from './disk.ts';
import type { Measured } from './measure.ts';
import { readArchive } from './reader.ts';
import type { GapRow } from './row.ts';
import { frameworkLine } from './row-line.ts';

export interface RewriteOptions {
  readonly disk: Disk;
  /** The torn file; it is replaced by the whole one in a single step. */
  readonly from: string;
  readonly temporary: string;
  /** Sequence of the `crash` gap row. */
  readonly sequence: number;
  readonly foundAt: Date;
  readonly gzipLevel: number;
}

/**
 * Writes what could be read of a torn file, byte for byte the same lines, then a `crash` gap and an `end` row, and
 * puts it in the place of the torn file.
 */
export async function rewriteTorn(torn: Measured, options: RewriteOptions): Promise<void> {
  const { disk, from, temporary } = options;
  const file = await disk.create(temporary);
  const compressor = new Compressor(options.gzipLevel);
  let position = 0;
  const write = async (chunks: readonly Buffer[]): Promise<void> => {
    for (const chunk of chunks) {
      await writeFully(file, chunk, position);
      position += chunk.length;
    }
  };
  try {
    await write(await compressor.write(Buffer.from(`${torn.segmentText ?? ''}\n`)));
    await readArchive(from, {
      stopAtProblem: true,
      async onRows(rows) {
        const lines = rows.map(({ text }) => `${text}\n`).join('');
        await write(await compressor.write(Buffer.from(lines)));
      },
    });
    await write(await compressor.write(Buffer.from(lastLines(torn, options))));
    await write(await compressor.finish());
    await file.sync();
  } finally {
    compressor.destroy();
    await file.close();
  }
  await disk.rename(temporary, from);
  await disk.syncFolder(dirname(from));
}

function lastLines(torn: Measured, { sequence, foundAt }: RewriteOptions): string {
  const at = foundAt.toISOString();
  const gap: GapRow = {
    type: 'gap',
    sequence,
    connection_id: null,
    reason: 'crash',
    since: torn.lastAt,
    at,
    detail: `the writer ended without closing this archive, and salvage found it: ${torn.problem}`,
  };
  const end = frameworkLine({
    type: 'end',
    rows: torn.counted.rows + 1,
    closed_at: at,
    reason: 'salvaged',
  });
  return `${JSON.stringify(gap)}\n${end}`;
}
