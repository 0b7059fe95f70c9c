import type { CycleManifest, RunManifest } from '../../../runtime/archive/manifest.ts';
import { type ClosedArchive, COMMIT, IMAGE, iso, sha } from './recorded-run.ts';

/** A cycle takes this long and is followed by the next one. */
const CYCLE_MS = 10_000;
/** Archives are rotated this often. */
const SEGMENT_MS = 30_000;
const CYCLES_PER_SEGMENT = SEGMENT_MS / CYCLE_MS;

/** One run of a collector that does everything right, as a function of the world's time. */
export class CollectedRun {
  readonly id: string;
  readonly pod: string;
  readonly startedAt: number;
  readonly world: { readonly time: number };
  stoppedAt: number | null = null;

  constructor(world: { readonly time: number }, id: string, pod: string, startedAt: number) {
    this.world = world;
    this.id = id;
    this.pod = pod;
    this.startedAt = startedAt;
  }

  metrics(): string {
    return `orderbooks_archive_closed_total{stream="rest_snapshots"} ${this.archives().length}\n`;
  }

  manifest(): RunManifest {
    return {
      schema: 'orderbooks.run-manifest.v1',
      component: 'collector',
      ...this.#provenance(),
      state: this.stoppedAt === null ? 'running' : 'stopped',
      started_at: iso(this.startedAt),
      updated_at: iso(this.#end()),
      stopped_at: this.stoppedAt === null ? null : iso(this.stoppedAt),
      market_limit: 0,
      markets: [],
      counters: {},
    };
  }

  /** Every cycle that began until now; the last one still runs. */
  cycles(): CycleManifest[] {
    const begun = Math.floor((this.#end() - this.startedAt) / CYCLE_MS) + 1;
    return Array.from({ length: Math.max(0, begun) }, (_, index) => this.#cycle(index));
  }

  archives(): ClosedArchive[] {
    const full = Math.max(0, Math.floor((this.#end() - this.startedAt) / SEGMENT_MS));
    const segments = this.stoppedAt === null ? full : full + 1;
    return Array.from({ length: segments }, (_, index) => {
      const from = this.startedAt + index * SEGMENT_MS;
      const closedAt = index < full ? from + SEGMENT_MS : this.#end();
      const rows = index < full ? CYCLES_PER_SEGMENT : Math.floor((closedAt - from) / CYCLE_MS);
      const name = `rest_snapshots_${index}_${this.id}`;
      return {
        closedAt,
        report: {
          path: `raw_orderbooks/polymarket/rest_snapshots/2026/11/21/${name}.jsonl.gz`,
          stream: 'rest_snapshots',
          run_id: this.id,
          git_sha: COMMIT,
          image: IMAGE,
          bytes: 100 + rows,
          sha256: sha(name),
          plain_sha256: sha(`plain ${name}`),
          rows,
          frames: 0,
          data_frames: 0,
          checkpoints: rows,
          good_checkpoints: rows,
          gaps: [],
          first_sequence: rows === 0 ? null : index * CYCLES_PER_SEGMENT,
          last_sequence: rows === 0 ? null : index * CYCLES_PER_SEGMENT + rows - 1,
          first_received_at: rows === 0 ? null : iso(from),
          last_received_at: rows === 0 ? null : iso(closedAt),
          complete: true,
          close_reason: index < full ? 'rotation' : 'shutdown',
          payload_mismatches: 0,
          sequence_breaks: 0,
          connection_sequence_breaks: 0,
          manifest: 'match',
          errors: [],
        },
      };
    });
  }

  #end(): number {
    return this.stoppedAt ?? this.world.time;
  }

  #provenance() {
    return {
      run_id: this.id,
      git_sha: COMMIT,
      image: IMAGE,
      config_sha256: sha('config'),
      pod: this.pod,
    };
  }

  #cycle(index: number): CycleManifest {
    const startedAt = this.startedAt + index * CYCLE_MS;
    const finishedAt = startedAt + CYCLE_MS / 2;
    const ended = finishedAt <= this.#end();
    const interrupted = !ended && this.stoppedAt !== null;
    return {
      schema: 'orderbooks.cycle-manifest.v1',
      ...this.#provenance(),
      cycle_id: `${this.id}-${index + 1}`,
      cycle: index + 1,
      state: ended ? 'completed' : interrupted ? 'interrupted' : 'running',
      gate_status: ended ? 'PASS' : 'FAIL',
      reason: ended ? null : 'the cycle has not ended',
      started_at: iso(startedAt),
      finished_at: ended ? iso(finishedAt) : interrupted ? iso(this.#end()) : null,
      duration_ms: ended ? CYCLE_MS / 2 : 0,
      discovery_ms: 10,
      market_limit: 0,
      markets: ['btc-updown'],
      markets_left_out: 0,
      tokens_requested: 2,
      tokens_answered: ended ? 2 : 0,
      tokens_omitted: 0,
      tokens_unanswered: 0,
      omitted: [],
      requests: 1,
      retries: 0,
      rows_written: ended ? 1 : 0,
      rows_waiting: 0,
      rows_lost: 0,
      failure_count: 0,
      failures: [],
      latency_ms: null,
      usual_latency_ms: null,
      throttled: false,
    };
  }
}
