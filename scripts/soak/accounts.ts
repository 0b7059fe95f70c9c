import { join } from 'node:path';
import { ARCHIVE_SUFFIX, RAW_FOLDER } from '../../runtime/archive/layout.ts';
import { type ReadRow, readArchive } from '../../runtime/archive/reader.ts';
import type { FrameRow, GapRow } from '../../runtime/archive/row.ts';
import { walk } from '../../runtime/archive/walk.ts';
import { matchingConnection, settle } from '../../runtime/simulator/settlement.ts';
import { DIGEST_CHARACTERS, type SentConnection, type SentLedger } from './sent-frames.ts';

/** Sums over all connections that are settled so far. */
export interface Totals {
  connections: number;
  sent: number;
  archived: number;
  inGaps: number;
  missing: number;
  foreign: number;
  archives: number;
  readonly gaps: Record<string, number>;
  /** What is wrong, in words; the first ones. */
  readonly problems: string[];
}

interface RecordedConnection {
  readonly digests: string[];
  /** When its first frame was received, milliseconds since 1970. */
  firstAt: number;
  endedByGap: boolean;
  overflowed: number;
  /** Nothing more can come. */
  over: boolean;
}

const ENDS: ReadonlySet<string> = new Set(['disconnect', 'stall', 'crash']);
/** A frame takes a while from the simulator's socket to the recorder's clock on a busy machine. */
const TRAVEL_MS = 3_000;
/** The recorder's clock goes by the monotonic one, the simulator's does not. */
const CLOCKS_APART_MS = 1_000;
const PROBLEMS_LISTED = 20;

/** Reads archives as they are closed and settles every connection with the ledger as soon as it is over. */
export class Accounts {
  readonly totals: Totals = {
    connections: 0,
    sent: 0,
    archived: 0,
    inGaps: 0,
    missing: 0,
    foreign: 0,
    archives: 0,
    gaps: {},
    problems: [],
  };
  readonly #dataRoot: string;
  readonly #ledger: SentLedger;
  readonly #read = new Set<string>();
  readonly #connections = new Map<string, RecordedConnection>();
  /** Times in which the recorder says that it may have missed something. */
  readonly #gapTimes: { readonly from: number; readonly to: number }[] = [];
  #nextSequence = 0;

  constructor(dataRoot: string, ledger: SentLedger) {
    this.#dataRoot = dataRoot;
    this.#ledger = ledger;
  }

  /** Takes in what was closed since the last look; with `last` everything must come out even. */
  async look(last = false): Promise<void> {
    for await (const { path, kind } of walk(this.#dataRoot, `${RAW_FOLDER}/ws_raw`)) {
      const closed = kind === 'file' && path.endsWith(ARCHIVE_SUFFIX) && !path.includes('/.');
      if (!closed || this.#read.has(path)) continue;
      this.#read.add(path);
      await this.#readOne(path);
    }
    for (const [id, recorded] of this.#connections) {
      if (recorded.over || last) this.#settleOne(id, recorded, last);
    }
    if (last) this.#settleRest();
  }

  async #readOne(path: string): Promise<void> {
    const result = await readArchive(join(this.#dataRoot, path), {
      onRows: (rows) => {
        for (const row of rows) this.#take(path, row);
      },
    });
    this.totals.archives++;
    for (const { message } of result.problems) this.#problem(`${path}: ${message}`);
    if (result.end === null) this.#problem(`${path}: expected an end row, got none`);
  }

  #take(path: string, { row }: ReadRow): void {
    if (row.sequence !== this.#nextSequence) {
      this.#problem(`${path}: expected sequence ${this.#nextSequence}, got ${row.sequence}`);
    }
    this.#nextSequence = row.sequence + 1;
    if (row.type === 'frame') this.#takeFrame(row);
    else if (row.type === 'gap') this.#takeGap(row);
  }

  #takeFrame(row: FrameRow): void {
    const connection = this.#of(row.connection_id);
    if (connection.digests.length === 0) connection.firstAt = Date.parse(row.received_at);
    connection.digests.push(row.payload_sha256.slice(0, DIGEST_CHARACTERS));
  }

  #takeGap(row: GapRow): void {
    const { gaps } = this.totals;
    gaps[row.reason] = (gaps[row.reason] ?? 0) + 1;
    if (row.connection_id === null) return;
    const to = Date.parse(row.at);
    this.#gapTimes.push({ from: row.since === null ? to : Date.parse(row.since), to });
    const connection = this.#of(row.connection_id);
    connection.overflowed += row.lost_frames ?? 0;
    if (!ENDS.has(row.reason)) return;
    connection.endedByGap = true;
    connection.over = true;
  }

  #settleOne(id: string, recorded: RecordedConnection, last: boolean): void {
    if (recorded.digests.length === 0) {
      this.#connections.delete(id);
      return;
    }
    // Connections may begin with the same frames. Of such ones it is the last that was open before the first frame came.
    const candidates = this.#ledger.unsettled
      .filter(({ openedAt }) => openedAt <= recorded.firstAt + CLOCKS_APART_MS)
      .toSorted((a, b) => b.openedAt - a.openedAt);
    const sent = matchingConnection(candidates, recorded);
    // The simulator learns of an end later than the recorder when it plays dead.
    if (sent !== null && sent.closedAt === null && !last) return;
    if (sent === null && !last) return;
    this.#connections.delete(id);
    if (sent === null) {
      this.totals.foreign += recorded.digests.length;
      this.#problem(`${id}: ${recorded.digests.length} archived frames that nobody sent`);
      return;
    }
    this.#ledger.settled(sent);
    const result = settle(sent, recorded);
    this.totals.connections++;
    this.totals.sent += result.sent;
    this.totals.archived += result.archived;
    this.totals.inGaps += result.inGaps;
    this.totals.missing += result.missing;
    this.totals.foreign += result.foreign;
    if (result.missing + result.foreign > 0) {
      this.#problem(`${id} (${sent.number} in the ledger): ${JSON.stringify(result)}`);
    }
  }

  /** Connections of which nothing arrived: every frame of them must lie in a time that a gap covers. */
  #settleRest(): void {
    for (const sent of this.#ledger.unsettled) {
      this.#ledger.settled(sent);
      const frames = sent.flushed ?? sent.digests.length;
      if (frames === 0) continue;
      this.totals.connections++;
      this.totals.sent += frames;
      if (this.#isCovered(sent)) this.totals.inGaps += frames;
      else {
        this.totals.missing += frames;
        this.#problem(`connection ${sent.number} of the ledger is in no archive and in no gap`);
      }
    }
  }

  #isCovered({ openedAt, closedAt }: SentConnection): boolean {
    const end = closedAt ?? openedAt;
    return this.#gapTimes.some(
      ({ from, to }) => from - TRAVEL_MS <= openedAt && to + TRAVEL_MS >= end,
    );
  }

  #of(id: string): RecordedConnection {
    const known = this.#connections.get(id);
    if (known !== undefined) return known;
    const fresh = { digests: [], firstAt: 0, endedByGap: false, overflowed: 0, over: false };
    this.#connections.set(id, fresh);
    return fresh;
  }

  #problem(text: string): void {
    if (this.totals.problems.length < PROBLEMS_LISTED) this.totals.problems.push(text);
  }
}
