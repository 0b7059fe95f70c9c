import { createHash } from 'node:crypto';
import type { RunManifest } from '../../../runtime/archive/manifest.ts';
import type { GapRow, Stream } from '../../../runtime/archive/row.ts';
import type { ArchiveReport } from '../../../runtime/inspector/report.ts';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;
export const IMAGE = `registry.example.com/data/orderbooks@${DIGEST}`;
export const COMMIT = 'c'.repeat(40);

/** Archives are rotated this often. */
const SEGMENT_MS = 30_000;
const FRAMES_PER_SECOND = 10;

/** The moment at which a run is looked at, and what a test changes of its gap rows. */
interface Moment {
  readonly time: number;
  readonly change: { gaps(gaps: GapRow[], run: string): GapRow[] };
}

export interface ClosedArchive {
  readonly closedAt: number;
  readonly report: ArchiveReport;
}

/** One run of a recorder that does everything right, as a function of the world's time. */
export class RecordedRun {
  readonly id: string;
  readonly pod: string;
  readonly startedAt: number;
  readonly image = IMAGE;
  readonly world: Moment;
  stoppedAt: number | null = null;

  constructor(world: Moment, id: string, pod: string, startedAt: number) {
    this.world = world;
    this.id = id;
    this.pod = pod;
    this.startedAt = startedAt;
  }

  /** Frames received from the start of a run until `at`. */
  frames(at: number): number {
    const until = Math.min(at, this.stoppedAt ?? at);
    return Math.max(0, Math.floor(((until - this.startedAt) / 1000) * FRAMES_PER_SECOND));
  }

  metrics(): string {
    const recorder = 'orderbooks_recorder_';
    const closed = this.archives();
    const count = (stream: Stream): number =>
      closed.filter(({ report }) => report.stream === stream).length;
    return [
      '# HELP orderbooks_build_info Always 1.',
      `orderbooks_build_info{revision="${COMMIT}",image="${IMAGE}"} 1`,
      ...Object.entries(this.#counters()).map(
        ([name, value]) => `${recorder}${name}_total ${value}`,
      ),
      `${recorder}connections_open 1`,
      `${recorder}active_tokens 4`,
      `${recorder}last_data_frame_timestamp_seconds ${this.world.time / 1000}`,
      `${recorder}queue_bytes 0`,
      `${recorder}checkpoints_total{result="ok"} ${count('rest_checkpoints') * 2}`,
      `${recorder}checkpoints_total{result="failed"} 0`,
      `orderbooks_archive_closed_total{stream="ws_raw"} ${count('ws_raw')}`,
      `orderbooks_archive_closed_total{stream="rest_checkpoints"} ${count('rest_checkpoints')}`,
      'orderbooks_archive_salvaged_total 0',
      '',
    ].join('\n');
  }

  #counters(): Record<string, number> {
    const frames = this.frames(this.world.time);
    return {
      frames: frames + 1,
      data_frames: frames,
      reconnects: 0,
      disconnects: 0,
      stalls: 0,
      divergences: 0,
      lost_frames: 0,
    };
  }

  manifest(): RunManifest {
    return {
      schema: 'orderbooks.run-manifest.v1',
      component: 'ws-recorder',
      run_id: this.id,
      git_sha: COMMIT,
      image: this.image,
      config_sha256: sha('config'),
      pod: this.pod,
      state: this.stoppedAt === null ? 'running' : 'stopped',
      started_at: iso(this.startedAt),
      updated_at: iso(this.stoppedAt ?? this.world.time),
      stopped_at: this.stoppedAt === null ? null : iso(this.stoppedAt),
      market_limit: 2,
      markets: [],
      counters: this.#counters(),
    };
  }

  /** Closed archives of a run at this moment: one per stream and full segment, and the rest once it was stopped. */
  archives(): ClosedArchive[] {
    const end = this.stoppedAt ?? this.world.time;
    const full = Math.max(0, Math.floor((end - this.startedAt) / SEGMENT_MS));
    const segments = this.stoppedAt === null ? full : full + 1;
    return (['rest_checkpoints', 'ws_raw'] as const).flatMap((stream) =>
      Array.from({ length: segments }, (_, index) => {
        const from = this.startedAt + index * SEGMENT_MS;
        const to = index < full ? from + SEGMENT_MS : end;
        const reason = index < full ? ('rotation' as const) : ('shutdown' as const);
        return { closedAt: to, report: this.#archive(stream, index, from, to, reason) };
      }),
    );
  }

  #archive(
    stream: Stream,
    index: number,
    from: number,
    to: number,
    reason: 'rotation' | 'shutdown',
  ): ArchiveReport {
    const raw = stream === 'ws_raw';
    const dataFrames = raw ? this.frames(to) - this.frames(from) : 0;
    const natural = raw ? this.#gapsOf(from, to, reason === 'shutdown') : [];
    const checkpoints = raw ? 0 : 2;
    const rows = dataFrames + natural.length + checkpoints;
    const first = this.#rowsBefore(stream, from);
    const name = `${stream}_${index}_${this.id}`;
    const path = `raw_orderbooks/polymarket/${stream}/2026/11/21/${name}.jsonl.gz`;
    return {
      path,
      stream,
      run_id: this.id,
      git_sha: COMMIT,
      image: this.image,
      bytes: 100 + rows,
      sha256: sha(name),
      plain_sha256: sha(`plain ${name}`),
      rows,
      frames: dataFrames,
      data_frames: dataFrames,
      checkpoints,
      good_checkpoints: checkpoints,
      gaps: this.world.change.gaps(natural, this.id),
      first_sequence: rows === 0 ? null : first,
      last_sequence: rows === 0 ? null : first + rows - 1,
      first_received_at: rows === 0 ? null : iso(from),
      last_received_at: rows === 0 ? null : iso(to),
      complete: true,
      close_reason: reason,
      payload_mismatches: 0,
      sequence_breaks: 0,
      connection_sequence_breaks: 0,
      manifest: 'match',
      errors: [],
    };
  }

  #rowsBefore(stream: Stream, from: number): number {
    if (stream !== 'ws_raw') return ((from - this.startedAt) / SEGMENT_MS) * 2;
    return this.frames(from) + this.#gapsOf(0, from).length;
  }

  #gapsOf(from: number, to: number, closedByShutdown = false): GapRow[] {
    const gaps = [
      gap('start', this.startedAt, null, 0),
      gap('connect', this.startedAt + 1, `${this.id}-1`, 1),
    ].filter((row) => Date.parse(row.at) >= from && Date.parse(row.at) < to);
    return closedByShutdown ? [...gaps, gap('shutdown', to, null, this.frames(to) + 2)] : gaps;
  }
}

export function gap(
  reason: GapRow['reason'],
  at: number,
  connection: string | null,
  sequence: number,
): GapRow {
  return {
    type: 'gap',
    sequence,
    connection_id: connection,
    reason,
    since: null,
    at: iso(at),
    detail: reason,
  };
}

/** A world hashes the same few names over and over. */
const HASHES = new Map<string, string>();

export function sha(text: string): string {
  const hash = HASHES.get(text) ?? createHash('sha256').update(text).digest('hex');
  HASHES.set(text, hash);
  return hash;
}

export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
