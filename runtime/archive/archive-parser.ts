import { messageOf } from '../thrown.ts';
import type { FrameCode } from './frame-code.ts';
import { FrameLines, type ScannedFrame } from './frame-line.ts';
import type { WholeLines } from './line-splitter.ts';
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

export interface ParserHandlers {
  readonly row: (row: ReadRow) => void;
  /** Takes frames as bytes where their lines allow it; the others come to `row`. */
  readonly frame?: ((frame: ScannedFrame, line: number) => void) | undefined;
}

/** A file with a million bad lines is described by its first ones. */
const LISTED_PROBLEMS = 20;
const LINE_FEED = 10;

/** Turns lines into rows and checks what an archive must look like. */
export class ArchiveParser {
  readonly #handlers: ParserHandlers;
  readonly #stopAtProblem: boolean;
  readonly #frameLines: FrameLines;
  #line = 0;
  lines = 0;
  segment: SegmentRow | null = null;
  segmentText: string | null = null;
  end: EndRow | null = null;
  rows = 0;
  readonly problems: ReadProblem[] = [];
  problemCount = 0;

  constructor(handlers: ParserHandlers, code: FrameCode, stopAtProblem: boolean) {
    this.#handlers = handlers;
    this.#frameLines = new FrameLines(code);
    this.#stopAtProblem = stopAtProblem;
  }

  /** Hands the good rows of `lines` over, in order. */
  parse({ bytes, overlong }: WholeLines): void {
    const { frame: takeFrame } = this.#handlers;
    if (takeFrame !== undefined) this.#frameLines.load(bytes);
    let size = overlong;
    for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
      const frame = takeFrame === undefined ? null : this.#frameLines.frame(start);
      end = frame === null ? bytes.indexOf(LINE_FEED, start) : this.#frameLines.end;
      this.lines++;
      if (this.#stopAtProblem && this.problemCount > 0) continue;
      this.#line = this.lines;
      if (size !== null) {
        this.#report(this.#line, `too long for a row: ${size} bytes; not read`);
        size = null;
        continue;
      }
      if (frame === null) this.#slowly(bytes.toString('utf8', start, end));
      else if (this.#isInPlace('frame')) {
        this.rows++;
        takeFrame?.(frame, this.#line);
      }
    }
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

  #slowly(text: string): void {
    const row = this.#row(text);
    if (row === null || !this.#isInPlace(row.type)) return;
    if (row.type === 'segment') {
      this.segment = row;
      this.segmentText = text;
    } else if (row.type === 'end') this.#take(row);
    else {
      this.rows++;
      this.#handlers.row({ line: this.#line, row, text });
    }
  }

  #row(text: string): ArchiveRow | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.#report(this.#line, `not JSON: ${messageOf(error)}`);
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

  #isInPlace(type: ArchiveRow['type']): boolean {
    if (this.end !== null) {
      this.#report(this.#line, `expected nothing after the end row, found a ${type} row`);
      return false;
    }
    if ((type === 'segment') !== (this.#line === 1)) {
      this.#report(
        this.#line,
        this.#line === 1
          ? `expected a segment row first, found a ${type} row`
          : 'expected one segment row, found another one',
      );
      return type !== 'segment';
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
