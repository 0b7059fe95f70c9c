import { createHash } from 'node:crypto';
import {
  ArchiveParser,
  type ParserHandlers,
  type ReadProblem,
  type ReadRow,
} from './archive-parser.ts';
import { frameCode } from './frame-code.ts';
import type { ScannedFrame } from './frame-line.ts';
import { type GunzipProblem, gunzipFile } from './gunzip.ts';
import { LineSplitter } from './line-splitter.ts';
import type { CheckpointRow, EndRow, GapRow, SegmentRow } from './row.ts';
import type { NumberedRow } from './row-line.ts';

export type { ReadProblem, ReadRow, ScannedFrame };

/** What was read of an archive. Every number is of the file itself. */
export interface ReadResult {
  readonly bytes: number;
  readonly sha256: string;
  readonly plainBytes: number;
  readonly plainSha256: string;
  readonly segment: SegmentRow | null;
  /** Line of the segment row as it stands in the file. */
  readonly segmentText: string | null;
  readonly end: EndRow | null;
  /** Good rows between `segment` and `end`. */
  readonly rows: number;
  /** Whole lines, good or not. */
  readonly lines: number;
  readonly gzip: GunzipProblem | null;
  /** The first problems, in order of the file. */
  readonly problems: readonly ReadProblem[];
  /** All problems, also those that are not listed. */
  readonly problemCount: number;
}

export interface ReadOptions {
  /** Called with the good rows in order, some hundreds at once; reading goes on when the promise resolves. */
  readonly onRows?: (rows: readonly ReadRow[]) => void | Promise<void>;
  /** Nothing is handed over after the first problem. */
  readonly stopAtProblem?: boolean;
}

/**
 * Reads the archive at `path`, whole or damaged: hands over every good row and says exactly what is wrong.
 * Rejects only when the file cannot be read at all, or when `onRows` throws.
 */
export async function readArchive(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  let rows: ReadRow[] = [];
  return read(
    path,
    { row: (row) => rows.push(row) },
    {
      stopAtProblem: options.stopAtProblem ?? false,
      async handOver() {
        const ready = rows;
        rows = [];
        if (ready.length > 0) await options.onRows?.(ready);
      },
    },
  );
}

/** A good row with its payload as bytes; what a frame says beside that is as in `FrameRow`. */
export type ScannedRow = ScannedFrame | GapRow | CheckpointRow;

export interface ScanOptions {
  /** For comparison in tests: reads every line in full, as `readArchive` does. */
  readonly slowly?: boolean;
}

/**
 * Reads the archive at `path` as `readArchive` does, with the same result, and hands over each good row as it is met.
 * Frames come as bytes, which takes far less time than making text of each.
 */
export function scanArchive(
  path: string,
  onRow: (row: ScannedRow, line: number) => void,
  options: ScanOptions = {},
): Promise<ReadResult> {
  return read(
    path,
    {
      row: ({ row, line }) => onRow(scanned(row), line),
      frame: options.slowly === true ? undefined : onRow,
    },
    { stopAtProblem: false, handOver: async () => undefined },
  );
}

function scanned(row: NumberedRow): ScannedRow {
  if (row.type !== 'frame') return row;
  const { raw_text, received_mono_ns: _unused, ...rest } = row;
  return { ...rest, payload: Buffer.from(raw_text) };
}

/**
 * Frees the memory of `chunk` if nothing will be unpacked behind it. Left to the collector, a megabyte for each
 * megabyte of rows makes it collect the whole heap several times a second.
 */
function giveBack(chunk: Buffer): void {
  const { buffer, byteOffset, length } = chunk;
  if (buffer instanceof ArrayBuffer && byteOffset + length === buffer.byteLength)
    buffer.transfer(0);
}

async function read(
  path: string,
  handlers: ParserHandlers,
  options: { readonly stopAtProblem: boolean; readonly handOver: () => Promise<void> },
): Promise<ReadResult> {
  const hash = createHash('sha256');
  const plainHash = createHash('sha256');
  const lines = new LineSplitter();
  const parser = new ArchiveParser(handlers, await frameCode(), options.stopAtProblem);
  let plainBytes = 0;
  const gzip = await gunzipFile(path, {
    onCompressed: (piece) => hash.update(piece),
    async onPlain(chunk) {
      plainHash.update(chunk);
      plainBytes += chunk.length;
      for (const whole of lines.push(chunk)) parser.parse(whole);
      await options.handOver();
      giveBack(chunk);
    },
  });
  parser.finish(gzip.problem?.text ?? null, lines.rest);
  return {
    bytes: gzip.bytes,
    sha256: hash.digest('hex'),
    plainBytes,
    plainSha256: plainHash.digest('hex'),
    segment: parser.segment,
    segmentText: parser.segmentText,
    end: parser.end,
    rows: parser.rows,
    lines: parser.lines,
    gzip: gzip.problem,
    problems: parser.problems,
    problemCount: parser.problemCount,
  };
}
