import { createHash } from 'node:crypto';
import { type GunzipProblem, gunzipFile } from './gunzip.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ArchiveRow, archiveRow, type EndRow, type SegmentRow } from './row.ts';
import type { NumberedRow } from './row-line.ts';

/** A row between `segment` and `end`, and its line in the file, counted from 1. */
export interface ReadRow {
  readonly line: number;
  readonly row: NumberedRow;
  /** The line itself, without its line feed. */
  readonly text: string;
}

export interface ReadProblem {
  /** Line in the plain text, counted from 1; null where the problem is not of one line. */
  readonly line: number | null;
  readonly message: string;
}

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

/** A file with a million bad lines is described by its first ones. */
const LISTED_PROBLEMS = 20;

/**
 * Reads the archive at `path`, whole or damaged: hands over every good row and says exactly what is wrong.
 * Rejects only when the file cannot be read at all, or when `onRows` throws.
 */
export async function readArchive(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  const hash = createHash('sha256');
  const plainHash = createHash('sha256');
  const lines = new LineSplitter();
  const parser = new ArchiveParser(options.stopAtProblem ?? false);
  let plainBytes = 0;
  const gzip = await gunzipFile(path, {
    onCompressed: (piece) => hash.update(piece),
    async onPlain(chunk) {
      plainHash.update(chunk);
      plainBytes += chunk.length;
      const rows = parser.parse(lines.push(chunk));
      if (rows.length > 0) await options.onRows?.(rows);
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

/** Turns lines into rows and checks what an archive must look like. */
class ArchiveParser {
  readonly #stopAtProblem: boolean;
  #line = 0;
  lines = 0;
  segment: SegmentRow | null = null;
  segmentText: string | null = null;
  end: EndRow | null = null;
  rows = 0;
  readonly problems: ReadProblem[] = [];
  problemCount = 0;

  constructor(stopAtProblem: boolean) {
    this.#stopAtProblem = stopAtProblem;
  }

  parse(lines: readonly string[]): ReadRow[] {
    const rows: ReadRow[] = [];
    this.lines += lines.length;
    for (const text of lines) {
      this.#line++;
      if (this.#stopAtProblem && this.problemCount > 0) break;
      const row = this.#row(text);
      if (row === null || !this.#isInPlace(row)) continue;
      if (row.type === 'segment') {
        this.segment = row;
        this.segmentText = text;
      } else if (row.type === 'end') this.#take(row);
      else {
        this.rows++;
        rows.push({ line: this.#line, row, text });
      }
    }
    return rows;
  }

  /** @param rest characters after the last line feed */
  finish(gzipProblem: string | null, rest: number): void {
    if (gzipProblem !== null) this.#report(null, gzipProblem);
    if (rest > 0) {
      this.#report(this.#line + 1, `the last line has no end: ${rest} bytes of a row that was cut`);
    }
    if (this.end === null) {
      this.#report(
        null,
        `expected an end row as the last one; the archive stops after ${this.rows} good rows`,
      );
    }
  }

  #row(text: string): ArchiveRow | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.#report(this.#line, `not JSON: ${error instanceof Error ? error.message : error}`);
      return null;
    }
    const parsed = archiveRow.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    this.#report(
      this.#line,
      `not a row of the archive schema: ${issue?.path.join('.') || 'the row'}: ${issue?.message ?? ''}`,
    );
    return null;
  }

  #isInPlace(row: ArchiveRow): boolean {
    if (this.end !== null) {
      this.#report(this.#line, `expected nothing after the end row, found a ${row.type} row`);
      return false;
    }
    if ((row.type === 'segment') !== (this.#line === 1)) {
      this.#report(
        this.#line,
        this.#line === 1
          ? `expected a segment row first, found a ${row.type} row`
          : 'expected one segment row, found another one',
      );
      return row.type !== 'segment';
    }
    return true;
  }

  #take(end: EndRow): void {
    this.end = end;
    if (end.rows === this.rows) return;
    this.#report(
      this.#line,
      `the end row counts ${end.rows} rows, ${this.rows} good ones are here`,
    );
  }

  #report(line: number | null, message: string): void {
    this.problemCount++;
    if (this.problems.length < LISTED_PROBLEMS) this.problems.push({ line, message });
  }
}
