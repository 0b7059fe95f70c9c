import type { CheckpointRow, EndRow, FrameRow, GapRow, SegmentRow } from './row.ts';

type Unnumbered<R> = Omit<R, 'sequence'>;

/** A frame whose text may still be the bytes that came, UTF-8: writing these costs a tenth. */
export interface NewFrame extends Omit<FrameRow, 'sequence' | 'raw_text'> {
  readonly raw_text: string | Buffer;
}

/** A row as a recorder hands it in: the writer gives it its sequence. */
export type NewRow = NewFrame | Unnumbered<GapRow> | Unnumbered<CheckpointRow>;

/** A row that carries a sequence. */
export type NumberedRow = FrameRow | GapRow | CheckpointRow;

/** The line of `row` with its number, line feed included. */
export function numberedLine(row: NewRow, sequence: number): string {
  if (row.type !== 'frame') {
    const { type, ...rest } = row;
    return `${JSON.stringify({ type, sequence, ...rest })}\n`;
  }
  return `${frameHead(row, sequence)}${JSON.stringify(row.raw_text.toString())}}\n`;
}

/**
 * The line of `row` up to its text. Frames are nearly all rows: written out, a line costs a third of what an object
 * built for JSON.stringify costs.
 */
export function frameHead(row: NewFrame, sequence: number): string {
  return (
    `{"type":"frame","sequence":${sequence},"connection_id":${JSON.stringify(row.connection_id)}` +
    `,"connection_sequence":${row.connection_sequence},"received_at":"${row.received_at}"` +
    `,"received_mono_ns":"${row.received_mono_ns}","payload_sha256":"${row.payload_sha256}"` +
    ',"raw_text":'
  );
}

/** The line of the first or the last row of a segment. */
export function frameworkLine(row: SegmentRow | EndRow): string {
  return `${JSON.stringify(row)}\n`;
}

/** The instant that a row belongs to. */
export function instantOf(row: NewRow): string {
  return row.type === 'gap' ? row.at : row.received_at;
}
