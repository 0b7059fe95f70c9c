import { hash } from 'node:crypto';
import type { ScannedRow } from '../archive/reader.ts';
import type { CheckpointRow, GapRow } from '../archive/row.ts';
import { factsOf, Tally } from '../archive/tally.ts';
import { holdsData } from '../polymarket/frame.ts';
import { SequenceCheck } from './sequences.ts';

/**
 * Gap rows and connections of an archive are held in memory. One of ours has some dozens; with a reconnect every 20 ms
 * it has tens of thousands. An archive with more of them than this was not written by us.
 */
const HELD_CHARACTERS = 67_108_864;
/** What a gap row or a connection takes beside its texts, roughly. */
const HELD_EACH = 400;
/** Problems of one kind that are told one by one; the counts are always whole. */
const TOLD_PER_KIND = 5;
/** A saying names what the archive says, and that may be of any length. */
const LONGEST_SAYING = 400;

/** Sayings of one kind: all are counted, the first ones are kept. */
class Sayings {
  count = 0;
  readonly #told: string[] = [];

  add(line: number, saying: string | null): void {
    if (saying === null) return;
    this.count++;
    if (this.#told.length < TOLD_PER_KIND) {
      this.#told.push(`line ${line}: ${saying.slice(0, LONGEST_SAYING)}`);
    }
  }

  told(): string[] {
    const more = this.count - this.#told.length;
    return more === 0 ? this.#told : [...this.#told, `and ${more} more of this kind`];
  }
}

/** Judges the rows of one archive, one by one and in order, and counts them. */
export class RowInspection {
  readonly #tally = new Tally();
  readonly sequences = new SequenceCheck();
  readonly gaps: GapRow[] = [];
  dataFrames = 0;
  goodCheckpoints = 0;
  readonly payloadMismatches = new Sayings();
  readonly sequenceBreaks = new Sayings();
  readonly connectionBreaks = new Sayings();
  #held = 0;
  /** Line after which rows are no longer followed, for there is too much to hold. */
  #overfull: number | null = null;

  get counted() {
    return this.#tally.counted();
  }

  add(row: ScannedRow, line: number): void {
    if (this.#overfull !== null) return;
    this.#tally.add(factsOf(row));
    const { connections } = this.sequences;
    const breaks = this.sequences.next(row);
    this.sequenceBreaks.add(line, breaks.row);
    this.connectionBreaks.add(line, breaks.connection);
    if (this.sequences.connections > connections && row.type !== 'checkpoint') {
      this.#hold(row.connection_id ?? '', line);
    }
    if (row.type === 'gap') {
      this.gaps.push(row);
      this.#hold(row.detail, line);
      return;
    }
    const observed = hash('sha256', row.type === 'frame' ? row.payload : row.raw_text);
    if (observed !== row.payload_sha256) {
      this.payloadMismatches.add(
        line,
        `payload hashes to ${observed}, the row says ${row.payload_sha256}`,
      );
    }
    if (row.type === 'checkpoint') this.goodCheckpoints += isGood(row) ? 1 : 0;
    else if (holdsData(row.payload)) this.dataFrames++;
  }

  errors(): string[] {
    const sayings = [this.payloadMismatches, this.sequenceBreaks, this.connectionBreaks];
    const told = sayings.flatMap((some) => some.told());
    if (this.#overfull === null) return told;
    const { connections } = this.sequences;
    return [
      ...told,
      `line ${this.#overfull}: ${this.gaps.length} gap rows and ${connections} connections are more than any recorder writes; rows after it were read, and not compared`,
    ];
  }

  #hold(text: string, line: number): void {
    this.#held += text.length + HELD_EACH;
    if (this.#held > HELD_CHARACTERS) this.#overfull = line;
  }
}

/** Answered with status 200 and at least one book. */
function isGood(row: CheckpointRow): boolean {
  if (row.status !== 200) return false;
  try {
    const books: unknown = JSON.parse(row.raw_text);
    return Array.isArray(books) && books.length > 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
