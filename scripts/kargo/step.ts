import type { PullRequests } from './pull-requests.ts';

/** What a promotion step gets and gives, after Kargo v1.11 (facts/kargo.md §3). */

export type StepStatus = 'Succeeded' | 'Skipped' | 'Failed' | 'Errored' | 'Running' | 'Aborted';

export interface FreightImage {
  readonly repoURL: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface FreightCommit {
  readonly repoURL: string;
  readonly id: string;
  readonly branch?: string;
  readonly tag?: string;
  readonly message?: string;
  readonly author?: string;
  readonly committer?: string;
}

export interface Freight {
  readonly name: string;
  readonly alias?: string;
  readonly origin: { readonly kind: 'Warehouse'; readonly name: string };
  readonly images: readonly FreightImage[];
  readonly commits: readonly FreightCommit[];
  readonly charts: readonly Readonly<Record<string, unknown>>[];
  /** Artifacts of Kargo's generic subscriptions. */
  readonly artifacts?: readonly Readonly<Record<string, unknown>>[];
}

/** A Kubernetes object as plain data. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/**
 * Everything outside the engine that steps and expressions see. Reads are live, as Kargo's are.
 * A ConfigMap or Secret that does not exist reads as an empty object. An object once given is never changed: other
 * contents are another object.
 */
export interface World {
  now(): Date;
  configMap(namespace: string, name: string): Readonly<Record<string, string>>;
  secret(namespace: string, name: string): Readonly<Record<string, string>>;
  /** `null` where nothing was ever written; an empty object once every key is deleted again. */
  freightMetadata(project: string, freight: string): Readonly<Record<string, unknown>> | null;
  stageMetadata(project: string, stage: string): Readonly<Record<string, unknown>> | null;
  /** Throws `ObjectNotFoundError` (not-found.ts) where there is no such object; a null value deletes its key. */
  setFreightMetadata(
    project: string,
    freight: string,
    values: Readonly<Record<string, unknown>>,
  ): void;
  setStageMetadata(project: string, stage: string, values: Readonly<Record<string, unknown>>): void;
  /** Throws `ObjectNotFoundError` where there is no such Freight. Absent: the step that does it is simulated. */
  setFreightAlias?(project: string, freight: string, alias: string): void;
  /** Argo CD Applications by namespace and name, live. */
  application(namespace: string, name: string): KubernetesObject | null;
  applications(namespace: string): readonly KubernetesObject[];
  /** Replaces an Application, as Kargo's patch does; Argo CD acts on `operation`. */
  updateApplication(application: KubernetesObject): void;
  /** Namespace that `sharedConfigMap()` and `sharedSecret()` read; `kargo-shared-resources` where absent. */
  readonly sharedResourcesNamespace?: string;
  /** Whether a Secret carries Kargo's label for generic credentials; `sharedSecret()` shows only those. */
  isGenericSecret?(namespace: string, name: string): boolean;
  /**
   * Where a request of the steps `http` and `http-download` really goes; `null`: nowhere, it is simulated. Where this is
   * absent, only this machine is reached.
   */
  httpRoute?(url: URL): URL | null;
  /** Stands in for GitHub and its like. Absent: steps about pull requests are errors. */
  readonly pullRequests?: PullRequests;
  /** Environment for git processes, such as `GIT_CONFIG_*` entries that map repository URLs to local ones. */
  readonly gitEnvironment: Readonly<Record<string, string>>;
}

export interface StepContext {
  readonly world: World;
  /** Absolute path of the promotion's work folder; step paths are relative to it and may not leave it. */
  readonly workDir: string;
  readonly project: string;
  readonly stage: string;
  readonly promotion: string;
  /** Who created the Promotion, without prefix; empty for auto-promotions. */
  readonly actor: string;
  readonly alias: string;
  readonly freight: readonly Freight[];
  /** Image repositories that each Warehouse subscribes to, by Warehouse name; only Warehouses whose Freight the Stage requests. */
  readonly warehouseImages: Readonly<Record<string, readonly string[]>>;
  /** Outputs of earlier polls of this same step, for steps that answer `Running`. */
  readonly previousOutput: Readonly<Record<string, unknown>> | undefined;
  /** Address of Kargo's UI, for links; empty or absent where there is none. */
  readonly uiBaseUrl?: string;
  readonly signal: AbortSignal;
}

export interface StepResult {
  readonly status: StepStatus;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** What helps a person and Kargo's message does not tell, such as the file and line of a fault. */
  readonly hint?: string;
  /** A terminal failure is never retried. */
  readonly terminal?: boolean;
  /** What was not really done, because it cannot be done offline; the result is then an assumption. */
  readonly simulated?: string;
  /**
   * Go type of an output that Kargo cannot copy: the next step that starts ends the whole Promotion
   * (facts/promotion-semantics.md, Panics).
   */
  readonly uncopyable?: string;
  /** With `Running`: when to ask again, in milliseconds. Kargo never asks sooner than after 10 s, else after 5 min. */
  readonly retryAfterMs?: number;
  /** Registered with the Stage when the step succeeds. */
  readonly healthCheck?: {
    readonly uses: string;
    readonly input: Readonly<Record<string, unknown>>;
  };
}

export interface StepRunner {
  readonly kind: string;
  /** Kargo's default for this kind: milliseconds, 0 = none. */
  readonly defaultTimeoutMs?: number;
  /** Inside a task, outputs also appear under the task's own alias (`compose-output`). */
  readonly surfacesOutputInTask?: boolean;
  /** Problems of an evaluated configuration, in Kargo's words; empty if it is valid. */
  validate(config: unknown): readonly string[];
  run(config: Readonly<Record<string, unknown>>, context: StepContext): Promise<StepResult>;
}
