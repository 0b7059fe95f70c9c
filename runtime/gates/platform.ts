import type { InspectReport } from '../inspector/report.ts';
import type { EventSummary } from '../inspector/summary.ts';
import type { ApplicationState, PromotionState } from './delivery-state.ts';
import type { NeededRights } from './kubernetes/access-review.ts';

/** A pod as the kubelet reports it. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Of the component's container: image as requested. */
  readonly image: string;
  /** Digest of the image that runs, `sha256:…`, or null while there is none. */
  readonly imageDigest: string | null;
  readonly restarts: number;
  readonly startedAt: string | null;
}

export interface Workload {
  readonly name: string;
  readonly image: string;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
}

export interface JobOutcome {
  readonly name: string;
  readonly succeeded: boolean;
  /** Digest of the image that ran, or null if no pod ever started. */
  readonly imageDigest: string | null;
  readonly exitCode: number | null;
  readonly log: string;
  readonly reason: string;
}

export interface InspectRequest {
  /** Only archives closed or opened at or after this instant, and runs that touch them. */
  readonly since?: string;
  /** Read these archives (paths relative to the data root) whatever their age. */
  readonly paths?: readonly string[];
  /** Read the files of the upload that this Job made back from the remote and hash them. */
  readonly uploadOf?: string;
}

/** Which events a summary is about, by the service's time stamps; ISO 8601. */
export interface SummaryWindow {
  readonly since: string;
  readonly until: string;
  /** The summary is cut into spans this long. */
  readonly spanMs: number;
}

/** A ConfigMap with evidence: of one run, or the latest verdict on one subject. */
export interface KeptEvidence {
  readonly name: string;
  readonly kind: 'run' | 'latest';
  readonly data: Readonly<Record<string, string>>;
}

/** A Kubernetes Event on a Stage: people see it in Kargo's UI and in `kubectl describe stage`. */
export interface StageEvent {
  /** Unique in the namespace. */
  readonly name: string;
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly at: Date;
}

/** When a Job was made, ran and was read; ISO 8601, its container's times in whole seconds of the kubelet's clock. */
export interface JobTimes {
  readonly name: string;
  readonly created_at: string;
  readonly container_started_at: string | null;
  readonly container_finished_at: string | null;
  readonly collected_at: string;
}

/** What a gate may ask of, and do to, the place where the workloads run. */
export interface Platform {
  /** For people: `Kubernetes at https://…`. */
  readonly description: string;
  /** The Jobs that came to their end so far. */
  readonly jobsRun: readonly JobTimes[];
  pods(namespace: string, component: string): Promise<readonly Pod[]>;
  deployment(namespace: string, name: string): Promise<Workload | null>;
  /** The last Promotion that ended in a Kargo Stage; null if the Stage is not there or had none. */
  lastPromotion(project: string, stage: string): Promise<PromotionState | null>;
  /** An Argo CD Application, or null. */
  application(namespace: string, name: string): Promise<ApplicationState | null>;
  /** What of `needed` we may not do, `verb resource in namespace` each. Changes nothing. */
  missingRights(needed: readonly NeededRights[]): Promise<readonly string[]>;
  deletePod(namespace: string, name: string): Promise<void>;
  /** Prometheus text of the pod's `/metrics`. */
  metrics(namespace: string, pod: string): Promise<string>;
  log(namespace: string, pod: string, lines: number): Promise<string>;
  /** Runs a read-only inspector beside the data of `namespace` and returns its report. */
  inspect(namespace: string, request: InspectRequest): Promise<InspectReport>;
  /** Runs a read-only inspector there that says compactly which events were recorded. */
  summarise(namespace: string, window: SummaryWindow): Promise<EventSummary>;
  /** Runs the uploader CronJob's own Job once, with minimum age 0. */
  upload(namespace: string): Promise<JobOutcome>;
  /**
   * Creates or replaces a ConfigMap; `immutable` ones are only created. `mayReplace` is asked with the data that
   * would be replaced, and no write of somebody else comes between its answer and the replacement; if it says no,
   * nothing is written and the call is rejected.
   */
  putConfigMap(
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
    options: {
      readonly immutable: boolean;
      readonly labels: Readonly<Record<string, string>>;
      readonly mayReplace?: (current: Readonly<Record<string, string>>) => boolean;
    },
  ): Promise<void>;
  /** Evidence that `project` keeps of a Stage, newest last. */
  keptEvidence(
    project: string,
    kind: KeptEvidence['kind'],
    stage: string,
  ): Promise<readonly KeptEvidence[]>;
  /** Deletes the evidence of one run; one that is gone is no error. */
  deleteEvidence(project: string, run: string): Promise<void>;
  tellStage(project: string, stage: string, event: StageEvent): Promise<void>;
}
