import { createHash } from 'node:crypto';
import type { RunManifest, UploadManifest } from '../../../runtime/archive/manifest.ts';
import type { GapRow, Stream } from '../../../runtime/archive/row.ts';
import type { CheckContext, Subject } from '../../../runtime/gates/check.ts';
import type {
  InspectRequest,
  JobOutcome,
  Platform,
  Pod,
  Workload,
} from '../../../runtime/gates/platform.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import { type Policy, policy } from '../../../runtime/gates/policy.ts';
import type { ArchiveReport, InspectReport } from '../../../runtime/inspector/report.ts';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;
export const IMAGE = `registry.example.com/data/orderbooks@${DIGEST}`;
export const COMMIT = 'c'.repeat(40);
export const SUBJECT: Subject = {
  project: 'orderbooks-delivery',
  stage: 'canary',
  namespace: 'orderbooks-canary',
  productionNamespace: 'orderbooks',
  imageDigest: DIGEST,
  commit: COMMIT,
};

/** Archives are rotated this often in the world. */
const SEGMENT_MS = 30_000;
const FRAMES_PER_SECOND = 10;
/** From the deletion of a pod to the start of its replacement, and from there until it is ready. */
const GONE_MS = 2000;
const READY_MS = 3000;
const SHA = (text: string): string => createHash('sha256').update(text).digest('hex');

interface RunModel {
  readonly id: string;
  readonly pod: string;
  readonly startedAt: number;
  readonly image: string;
  stoppedAt: number | null;
}

/**
 * A world where everything is well, with a clock of its own that only `wait` moves. A test breaks one thing: either
 * by the settings of the model, or by changing what one observation answers.
 */
export class World implements Platform {
  readonly description = 'a world in memory';
  readonly configMaps = new Map<
    string,
    { readonly data: Readonly<Record<string, string>>; readonly immutable: boolean }
  >();
  readonly calls: string[] = [];
  readonly progress: string[] = [];
  time = Date.parse('2026-11-21T10:00:00Z');

  /** What observations answer may be changed here; identity in a good world. */
  change: {
    pods(pods: Pod[]): Pod[];
    deployment(workload: Workload): Workload | null;
    metrics(text: string): string;
    inspect(report: InspectReport, request: InspectRequest): InspectReport;
    upload(outcome: JobOutcome): JobOutcome;
    collector(workload: Workload | null): Workload | null;
    collectorPods(pods: Pod[]): Pod[];
    gaps(gaps: GapRow[], run: string): GapRow[];
    uploadManifest(manifest: UploadManifest): UploadManifest;
  } = {
    pods: (pods) => pods,
    deployment: (workload) => workload,
    metrics: (text) => text,
    inspect: (report) => report,
    upload: (outcome) => outcome,
    collector: () => null,
    collectorPods: () => [],
    gaps: (gaps) => gaps,
    uploadManifest: (manifest) => manifest,
  };
  /** From this moment on no data frame is received; the rest goes on. */
  dataStopsAt: number | null = null;
  /** Before every call, by name: may throw, or wait for ever. */
  before: (call: string) => Promise<void> | void = () => {};

  readonly #runs: RunModel[];
  #upload: { readonly at: number; readonly job: string } | null = null;
  #jobs = 0;

  constructor(options: { readonly earlierRun?: boolean; readonly age?: number } = {}) {
    const startedAt = this.time - (options.age ?? 5000);
    this.#runs = [run('promoted', 'recorder-promoted', startedAt, IMAGE)];
    if (options.earlierRun !== false) {
      const earlier = run('earlier', 'recorder-earlier', startedAt - 95_000, IMAGE);
      earlier.stoppedAt = startedAt - GONE_MS;
      this.#runs.unshift(earlier);
    }
  }

  get restarted(): boolean {
    return this.#runs.some((one) => one.id === 'replacement');
  }

  get uploaded(): boolean {
    return this.#upload !== null;
  }

  async pods(namespace: string, component: string): Promise<readonly Pod[]> {
    await this.#called(`pods ${component}`);
    if (component !== 'ws-recorder') return this.change.collectorPods([]);
    const current = this.#current();
    const pod: Pod = {
      namespace,
      name: current.pod,
      uid: `uid-${current.id}`,
      phase: this.time >= current.startedAt ? 'Running' : 'Pending',
      ready: this.time >= current.startedAt + READY_MS,
      terminating: false,
      image: IMAGE,
      imageDigest: this.time >= current.startedAt ? DIGEST : null,
      restarts: 0,
      startedAt: this.time >= current.startedAt ? iso(current.startedAt) : null,
    };
    return this.change.pods([pod]);
  }

  async deployment(_namespace: string, name: string): Promise<Workload | null> {
    await this.#called(`deployment ${name}`);
    if (name === 'orderbooks-collector') return this.change.collector(null);
    return this.change.deployment({ name, image: IMAGE, desiredReplicas: 1, readyReplicas: 1 });
  }

  async deletePod(_namespace: string, name: string): Promise<void> {
    await this.#called(`deletePod ${name}`);
    this.#current().stoppedAt = this.time;
    this.#runs.push(run('replacement', 'recorder-replacement', this.time + GONE_MS, IMAGE));
  }

  async metrics(_namespace: string, pod: string): Promise<string> {
    await this.#called(`metrics ${pod}`);
    const current = this.#current();
    if (pod !== current.pod || this.time < current.startedAt) {
      throw new PlatformError('PLATFORM_FAILING', `no answer from ${pod}`);
    }
    return this.change.metrics(this.#metricsOf(current));
  }

  async log(_namespace: string, pod: string, lines: number): Promise<string> {
    await this.#called(`log ${pod}`);
    return `the last ${lines} lines of ${pod}\n`;
  }

  async inspect(_namespace: string, request: InspectRequest): Promise<InspectReport> {
    await this.#called('inspect');
    this.#jobs += 1;
    const since = request.since === undefined ? 0 : Date.parse(request.since);
    const wanted = new Set(request.paths ?? []);
    const archives = this.#runs
      .flatMap((one) => this.#archivesOf(one))
      .filter(({ closedAt, report }) => closedAt >= since || wanted.has(report.path))
      .map(({ report }) => report);
    const current = this.#current();
    const upload = this.#uploadManifest();
    const report: InspectReport = {
      schema: 'orderbooks.inspect.v1',
      inspected_at: iso(this.time),
      data_root: '/var/lib/orderbooks',
      archives,
      open: [
        {
          path: `raw_orderbooks/polymarket/ws_raw/2026/11/21/.ws_raw_${current.id}.jsonl.gz.open`,
          bytes: 1000,
          modified_at: iso(Math.min(this.time, this.dataStopsAt ?? this.time)),
        },
      ],
      runs: this.#joined(archives),
      run_manifests: this.#runs
        .filter((one) => one.startedAt <= this.time)
        .map((one) => this.#manifestOf(one)),
      upload_manifests: upload === null ? [] : [upload],
      problems: [],
      ...(request.remote === true
        ? {
            remote: (upload?.files ?? []).map((file) => ({
              path: file.path,
              remote_path: file.remote_path,
              expected_sha256: file.sha256,
              observed_sha256: file.sha256,
            })),
          }
        : {}),
    };
    // A report goes through JSON in reality: what is answered shares nothing with the world.
    return this.change.inspect(structuredClone(report), request);
  }

  async upload(
    _namespace?: string,
    job = `orderbooks-uploader-run-${this.#jobs + 1}`,
  ): Promise<JobOutcome> {
    await this.#called('upload');
    this.#jobs += 1;
    this.#upload = { at: this.time, job };
    return this.change.upload({
      name: job,
      succeeded: true,
      imageDigest: DIGEST,
      exitCode: 0,
      log: 'uploaded\n',
      reason: 'Complete',
    });
  }

  async putConfigMap(
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
    options: Parameters<Platform['putConfigMap']>[3],
  ): Promise<void> {
    await this.#called(`putConfigMap ${name}`);
    const key = `${namespace}/${name}`;
    const current = this.configMaps.get(key);
    if (current?.immutable === true)
      throw new PlatformError('PLATFORM_REFUSED', `${key} is immutable`);
    if (current !== undefined && options.mayReplace?.(current.data) === false) {
      throw new PlatformError('PLATFORM_REFUSED', `${key} belongs to a later run`);
    }
    this.configMaps.set(key, { data, immutable: options.immutable });
  }

  /** What checks get; `wait` moves the world's clock. */
  context(overrides: Partial<Policy> = {}, signal = new AbortController().signal): CheckContext {
    return {
      platform: this,
      subject: SUBJECT,
      policy: { ...policy.parse({}), ...overrides },
      signal,
      now: () => new Date(this.time),
      wait: (milliseconds) => this.wait(milliseconds, signal),
      progress: (text) => this.progress.push(text),
    };
  }

  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.time += milliseconds;
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    await this.before(call.split(' ')[0] ?? call);
  }

  #current(): RunModel {
    const last = this.#runs.at(-1);
    if (last === undefined) throw new Error('the world has no recorder');
    return last;
  }

  /** Frames received from the start of a run until `at`. */
  #frames(one: RunModel, at: number): number {
    const until = Math.min(at, one.stoppedAt ?? at, this.dataStopsAt ?? at);
    return Math.max(0, Math.floor(((until - one.startedAt) / 1000) * FRAMES_PER_SECOND));
  }

  #metricsOf(one: RunModel): string {
    const recorder = 'orderbooks_recorder_';
    const closed = this.#archivesOf(one);
    const count = (stream: Stream): number =>
      closed.filter(({ report }) => report.stream === stream).length;
    return [
      '# HELP orderbooks_build_info Always 1.',
      `orderbooks_build_info{revision="${COMMIT}",image="${IMAGE}"} 1`,
      ...Object.entries(this.#counters(one)).map(
        ([name, value]) => `${recorder}${name}_total ${value}`,
      ),
      `${recorder}connections_open 1`,
      `${recorder}active_tokens 4`,
      `${recorder}last_data_frame_timestamp_seconds ${this.time / 1000}`,
      `${recorder}queue_bytes 0`,
      `${recorder}checkpoints_total{result="ok"} ${count('rest_checkpoints') * 2}`,
      `${recorder}checkpoints_total{result="failed"} 0`,
      `orderbooks_archive_closed_total{stream="ws_raw"} ${count('ws_raw')}`,
      `orderbooks_archive_closed_total{stream="rest_checkpoints"} ${count('rest_checkpoints')}`,
      'orderbooks_archive_salvaged_total 0',
      '',
    ].join('\n');
  }

  #counters(one: RunModel): Record<string, number> {
    const frames = this.#frames(one, this.time);
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

  #manifestOf(one: RunModel): RunManifest {
    return {
      schema: 'orderbooks.run-manifest.v1',
      component: 'ws-recorder',
      run_id: one.id,
      git_sha: COMMIT,
      image: one.image,
      config_sha256: SHA('config'),
      pod: one.pod,
      state: one.stoppedAt === null ? 'running' : 'stopped',
      started_at: iso(one.startedAt),
      updated_at: iso(one.stoppedAt ?? this.time),
      stopped_at: one.stoppedAt === null ? null : iso(one.stoppedAt),
      market_limit: 2,
      markets: [],
      counters: this.#counters(one),
    };
  }

  /** Closed archives of a run at this moment: one per stream and full segment, and the rest once it was stopped. */
  #archivesOf(one: RunModel): { readonly closedAt: number; readonly report: ArchiveReport }[] {
    const end = one.stoppedAt ?? this.time;
    const full = Math.max(0, Math.floor((end - one.startedAt) / SEGMENT_MS));
    const segments = one.stoppedAt === null ? full : full + 1;
    return (['rest_checkpoints', 'ws_raw'] as const).flatMap((stream) =>
      Array.from({ length: segments }, (_, index) => {
        const from = one.startedAt + index * SEGMENT_MS;
        const to = index < full ? from + SEGMENT_MS : end;
        const reason = index < full ? ('rotation' as const) : ('shutdown' as const);
        return { closedAt: to, report: this.#archive(one, stream, index, from, to, reason) };
      }),
    );
  }

  #archive(
    one: RunModel,
    stream: Stream,
    index: number,
    from: number,
    to: number,
    reason: 'rotation' | 'shutdown',
  ): ArchiveReport {
    const raw = stream === 'ws_raw';
    const dataFrames = raw ? this.#frames(one, to) - this.#frames(one, from) : 0;
    const natural = raw ? this.#gapsOf(one, from, to, reason === 'shutdown') : [];
    const checkpoints = raw ? 0 : 2;
    const rows = dataFrames + natural.length + checkpoints;
    const first = this.#rowsBefore(one, stream, from);
    const name = `${stream}_${index}_${one.id}`;
    const path = `raw_orderbooks/polymarket/${stream}/2026/11/21/${name}.jsonl.gz`;
    return {
      path,
      stream,
      run_id: one.id,
      git_sha: COMMIT,
      image: one.image,
      bytes: 100 + rows,
      sha256: SHA(name),
      plain_sha256: SHA(`plain ${name}`),
      rows,
      frames: dataFrames,
      data_frames: dataFrames,
      checkpoints,
      good_checkpoints: checkpoints,
      gaps: this.change.gaps(natural, one.id),
      first_sequence: rows === 0 ? null : first,
      last_sequence: rows === 0 ? null : first + rows - 1,
      first_received_at: rows === 0 ? null : iso(from),
      last_received_at: rows === 0 ? null : iso(Math.min(to, this.dataStopsAt ?? to)),
      complete: true,
      close_reason: reason,
      payload_mismatches: 0,
      sequence_breaks: 0,
      connection_sequence_breaks: 0,
      manifest: 'match',
      errors: [],
    };
  }

  #rowsBefore(one: RunModel, stream: Stream, from: number): number {
    if (stream !== 'ws_raw') return ((from - one.startedAt) / SEGMENT_MS) * 2;
    return this.#frames(one, from) + this.#gapsOf(one, 0, from).length;
  }

  #gapsOf(one: RunModel, from: number, to: number, closedByShutdown = false): GapRow[] {
    const gaps = [
      gap('start', one.startedAt, null, 0),
      gap('connect', one.startedAt + 1, `${one.id}-1`, 1),
    ].filter((row) => Date.parse(row.at) >= from && Date.parse(row.at) < to);
    return closedByShutdown
      ? [...gaps, gap('shutdown', to, null, this.#frames(one, to) + 2)]
      : gaps;
  }

  #joined(archives: readonly ArchiveReport[]): InspectReport['runs'] {
    return this.#runs.flatMap((one) =>
      (['rest_checkpoints', 'ws_raw'] as const).flatMap((stream) => {
        const own = archives.filter((two) => two.run_id === one.id && two.stream === stream);
        if (own.length === 0) return [];
        return {
          run_id: one.id,
          stream,
          segments: own.length,
          frames: own.reduce((sum, two) => sum + two.frames, 0),
          sequence_breaks: 0,
          connection_sequence_breaks: 0,
        };
      }),
    );
  }

  #uploadManifest(): UploadManifest | null {
    const upload = this.#upload;
    if (upload === null) return null;
    const files = this.#runs
      .flatMap((one) => this.#archivesOf(one))
      .filter(({ closedAt }) => closedAt <= upload.at)
      .map(({ report }) => ({
        path: report.path,
        bytes: report.bytes,
        sha256: report.sha256,
        remote_path: report.path,
        verified: true,
        deleted_locally: false,
      }));
    return this.change.uploadManifest({
      schema: 'orderbooks.upload-manifest.v1',
      upload_id: 'upload-1',
      status: 'UPLOAD_VERIFIED',
      gate_status: 'PASS',
      remote: { type: 'directory', target: '/remote' },
      git_sha: COMMIT,
      image: IMAGE,
      config_sha256: SHA('config'),
      pod: `${upload.job}-x7k2p`,
      started_at: iso(upload.at),
      finished_at: iso(upload.at),
      minimum_age_ms: 0,
      retention_ms: 86_400_000,
      files,
      errors: [],
    });
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

export function collector(overrides: Partial<Workload> = {}): Workload {
  return {
    name: 'orderbooks-collector',
    image: IMAGE,
    desiredReplicas: 1,
    readyReplicas: 1,
    ...overrides,
  };
}

function run(id: string, pod: string, startedAt: number, image: string): RunModel {
  return { id, pod, startedAt, image, stoppedAt: null };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
