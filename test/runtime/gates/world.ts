import type { UploadManifest } from '../../../runtime/archive/manifest.ts';
import type { GapRow } from '../../../runtime/archive/row.ts';
import type { CheckContext, Subject } from '../../../runtime/gates/check.ts';
import type { ApplicationState, PromotionState } from '../../../runtime/gates/delivery-state.ts';
import type {
  InspectRequest,
  JobOutcome,
  JobTimes,
  KeptEvidence,
  Platform,
  Pod,
  StageEvent,
  SummaryWindow,
  Workload,
} from '../../../runtime/gates/platform.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import { type Policy, policy } from '../../../runtime/gates/policy.ts';
import type { ArchiveReport, InspectReport } from '../../../runtime/inspector/report.ts';
import type { EventSummary } from '../../../runtime/inspector/summary.ts';
import { CollectedRun } from './collected-run.ts';
import { summaryOf } from './recorded-events.ts';
import { COMMIT, DIGEST, IMAGE, iso, OTHER_DIGEST, RecordedRun, sha } from './recorded-run.ts';

export { gap } from './recorded-run.ts';
export { COMMIT, DIGEST, IMAGE, OTHER_DIGEST };

export const SUBJECT: Subject = {
  project: 'orderbooks-delivery',
  stage: 'canary',
  namespace: 'orderbooks-canary',
  productionNamespace: 'orderbooks',
  imageDigest: DIGEST,
  commit: COMMIT,
};

/** On the Stage's branch. */
export const RENDERED_COMMIT = 'd'.repeat(40);

/** From the deletion of a pod to the start of its replacement, and from there until it is ready. */
const GONE_MS = 2000;
const READY_MS = 3000;

/**
 * A world where everything is well, with a clock of its own that only `wait` moves. A test breaks one thing: either
 * by the settings of the model, or by changing what one observation answers.
 */
export class World implements Platform {
  readonly description = 'a world in memory';
  readonly jobsRun: JobTimes[] = [];
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
    metrics(text: string, namespace: string): string;
    summary(summary: EventSummary, namespace: string): EventSummary;
    inspect(report: InspectReport, request: InspectRequest): InspectReport;
    upload(outcome: JobOutcome): JobOutcome;
    collector(workload: Workload | null): Workload | null;
    collectorPods(pods: Pod[]): Pod[];
    gaps(gaps: GapRow[], run: string): GapRow[];
    uploadManifest(manifest: UploadManifest): UploadManifest;
    promotion(promotion: PromotionState): PromotionState | null;
    application(application: ApplicationState): ApplicationState | null;
  } = {
    pods: (pods) => pods,
    deployment: (workload) => workload,
    metrics: (text) => text,
    summary: (summary) => summary,
    inspect: (report) => report,
    upload: (outcome) => outcome,
    collector: (workload) => workload,
    collectorPods: (pods) => pods,
    gaps: (gaps) => gaps,
    uploadManifest: (manifest) => manifest,
    promotion: (promotion) => promotion,
    application: (application) => application,
  };
  /** Before every call, by name: may throw, or wait for ever. */
  before: (call: string) => Promise<void> | void = () => {};

  readonly #runs: RecordedRun[];
  readonly #collected: CollectedRun[] = [];
  #upload: { readonly at: number; readonly job: string } | null = null;
  #jobs = 0;

  constructor(
    options: {
      readonly earlierRun?: boolean;
      readonly age?: number;
      readonly collector?: boolean;
    } = {},
  ) {
    const startedAt = this.time - (options.age ?? 5000);
    this.#runs = [new RecordedRun(this, 'promoted', 'recorder-promoted', startedAt)];
    if (options.earlierRun !== false) {
      const earlier = new RecordedRun(this, 'earlier', 'recorder-earlier', startedAt - 95_000);
      earlier.stoppedAt = startedAt - GONE_MS;
      this.#runs.unshift(earlier);
    }
    if (options.collector === true) {
      this.#collected.push(new CollectedRun(this, 'collected', 'collector-promoted', startedAt));
    }
  }

  get restarted(): boolean {
    return this.#runs.some((one) => one.id === 'replacement');
  }

  get collectorRestarted(): boolean {
    return this.#collected.length > 1;
  }

  get uploaded(): boolean {
    return this.#upload !== null;
  }

  async pods(namespace: string, component: string): Promise<readonly Pod[]> {
    await this.#called(`pods ${component}`);
    if (component !== 'ws-recorder') {
      const collected = this.#collected.at(-1);
      return this.change.collectorPods(
        collected === undefined ? [] : [this.#pod(namespace, collected)],
      );
    }
    return this.change.pods([this.#pod(namespace, this.#current())]);
  }

  #pod(namespace: string, current: RecordedRun | CollectedRun): Pod {
    return {
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
  }

  async deployment(_namespace: string, name: string): Promise<Workload | null> {
    await this.#called(`deployment ${name}`);
    if (name === 'orderbooks-collector') {
      return this.change.collector(this.#collected.length === 0 ? null : collector());
    }
    return this.change.deployment({ name, image: IMAGE, desiredReplicas: 1, readyReplicas: 1 });
  }

  async lastPromotion(_project: string, stage: string): Promise<PromotionState | null> {
    await this.#called(`lastPromotion ${stage}`);
    return this.change.promotion({
      name: `${stage}.01.abc`,
      phase: 'Succeeded',
      commits: [COMMIT],
      digests: [DIGEST],
      applications: [
        { namespace: 'argocd', name: `orderbooks-${stage}`, revisions: [RENDERED_COMMIT] },
      ],
    });
  }

  async application(_namespace: string, name: string): Promise<ApplicationState | null> {
    await this.#called(`application ${name}`);
    const objects = [
      '/ConfigMap/orderbooks-config-abcde12345',
      '/PersistentVolumeClaim/orderbooks-data',
      'apps/Deployment/orderbooks-ws-recorder',
      'batch/CronJob/orderbooks-uploader',
    ];
    return this.change.application({
      name,
      sync: 'Synced',
      revision: RENDERED_COMMIT,
      conditions: [],
      resources: objects.map((object) => ({ object, status: 'Synced', requiresPruning: false })),
    });
  }

  async missingRights(): Promise<readonly string[]> {
    return [];
  }

  async deletePod(_namespace: string, name: string): Promise<void> {
    await this.#called(`deletePod ${name}`);
    const collected = this.#collected.at(-1);
    if (collected?.pod === name) {
      collected.stoppedAt = this.time;
      const startedAt = this.time + GONE_MS;
      this.#collected.push(new CollectedRun(this, 'later', 'collector-later', startedAt));
      return;
    }
    this.#current().stoppedAt = this.time;
    this.#runs.push(
      new RecordedRun(this, 'replacement', 'recorder-replacement', this.time + GONE_MS),
    );
  }

  async metrics(namespace: string, pod: string): Promise<string> {
    await this.#called(`metrics ${pod}`);
    const current = [this.#current(), ...this.#collected].find((one) => one.pod === pod);
    if (current === undefined || current.stoppedAt !== null || this.time < current.startedAt) {
      throw new PlatformError('PLATFORM_FAILING', `no answer from ${pod}`);
    }
    return this.change.metrics(current.metrics(), namespace);
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
    const archives = [...this.#runs, ...this.#collected]
      .flatMap((one) => one.archives())
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
          modified_at: iso(this.time),
        },
      ],
      runs: this.#joined(archives),
      cycle_manifests: this.#collected
        .flatMap((one) => one.cycles())
        .filter((one) => Date.parse(one.started_at) >= since),
      run_manifests: [...this.#runs, ...this.#collected]
        .filter((one) => one.startedAt <= this.time)
        .map((one) => one.manifest()),
      upload_manifests: upload === null ? [] : [upload],
      problems: [],
      ...(request.uploadOf !== undefined
        ? {
            remote_upload_id: upload?.upload_id ?? null,
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

  async summarise(
    namespace: string,
    { since, until, spanMs }: SummaryWindow,
  ): Promise<EventSummary> {
    await this.#called('summarise');
    this.#jobs += 1;
    const window = { since: Date.parse(since), until: Date.parse(until), at: this.time, spanMs };
    return this.change.summary(summaryOf(window), namespace);
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

  /** Events on Stages, in their order. */
  readonly events: StageEvent[] = [];

  async keptEvidence(
    project: string,
    kind: KeptEvidence['kind'],
    stage: string,
  ): Promise<readonly KeptEvidence[]> {
    await this.#called('keptEvidence');
    const prefix = `${project}/evidence-${kind === 'run' ? 'run-' : ''}${stage}-`;
    return [...this.configMaps]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { data }]) => ({ name: key.slice(project.length + 1), kind, data }))
      .sort((a, b) => ((a.data['startedAt'] ?? '') < (b.data['startedAt'] ?? '') ? -1 : 1));
  }

  async deleteEvidence(project: string, run: string): Promise<void> {
    await this.#called(`deleteEvidence ${run}`);
    this.configMaps.delete(`${project}/${run}`);
  }

  async tellStage(_project: string, stage: string, event: StageEvent): Promise<void> {
    await this.#called(`tellStage ${stage}`);
    this.events.push(event);
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

  #current(): RecordedRun {
    const last = this.#runs.at(-1);
    if (last === undefined) throw new Error('the world has no recorder');
    return last;
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
    const files = [...this.#runs, ...this.#collected]
      .flatMap((one) => one.archives())
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
      config_sha256: sha('config'),
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

export function collector(overrides: Partial<Workload> = {}): Workload {
  return {
    name: 'orderbooks-collector',
    image: IMAGE,
    desiredReplicas: 1,
    readyReplicas: 1,
    ...overrides,
  };
}
