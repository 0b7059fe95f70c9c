import type { UploadManifest } from '../../../runtime/archive/manifest.ts';
import type { CheckContext } from '../../../runtime/gates/check.ts';
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
import type { InspectReport } from '../../../runtime/inspector/report.ts';
import type { EventSummary } from '../../../runtime/inspector/summary.ts';
import { CollectedRun } from './collected-run.ts';
import { collector, promoted, SUBJECT, synced } from './delivered.ts';
import { KeptConfigMaps } from './kept-config-maps.ts';
import { summaryOf } from './recorded-events.ts';
import { DIGEST, IMAGE, iso, RecordedRun } from './recorded-run.ts';
import { reportOf, uploadManifest, type Volume } from './volume.ts';
import { type Answers, truthful } from './world-answers.ts';

export { collector, RENDERED_COMMIT, SUBJECT } from './delivered.ts';
export { COMMIT, DIGEST, gap, IMAGE, OTHER_DIGEST } from './recorded-run.ts';

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
  readonly calls: string[] = [];
  readonly progress: string[] = [];
  time = Date.parse('2026-11-21T10:00:00Z');

  /** What observations answer may be changed here; the truth in a good world. */
  readonly change: Answers = truthful();
  /** Before every call, by name: may throw, or wait for ever. */
  before: (call: string) => Promise<void> | void = () => {};

  readonly #kept = new KeptConfigMaps();
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

  get configMaps(): KeptConfigMaps['all'] {
    return this.#kept.all;
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
    return this.change.promotion(promoted(stage));
  }

  async application(namespace: string, name: string): Promise<ApplicationState | null> {
    await this.#called(`application ${name}`);
    const isThere = promoted(SUBJECT.stage).applications.some(
      (one) => one.namespace === namespace && one.name === name,
    );
    return isThere ? this.change.application(synced(name)) : null;
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
    const report = reportOf(this.#volume(), this.#uploadManifest(), request, this.time);
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
    this.#kept.put(namespace, name, data, options);
  }

  /** Events on Stages, in their order. */
  readonly events: StageEvent[] = [];

  async keptEvidence(
    project: string,
    kind: KeptEvidence['kind'],
    stage: string,
  ): Promise<readonly KeptEvidence[]> {
    await this.#called('keptEvidence');
    return this.#kept.evidence(project, kind, stage);
  }

  async deleteEvidence(project: string, run: string): Promise<void> {
    await this.#called(`deleteEvidence ${run}`);
    this.#kept.delete(project, run);
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

  #volume(): Volume {
    return { recorded: this.#runs, collected: this.#collected };
  }

  #uploadManifest(): UploadManifest | null {
    const upload = this.#upload;
    return upload === null
      ? null
      : this.change.uploadManifest(uploadManifest(this.#volume(), upload));
  }
}
