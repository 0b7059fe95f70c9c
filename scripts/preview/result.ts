import type { StepStatus } from '../kargo/step.ts';

/** What a preview found: the JSON output, and what every other form of it is made from. */
export interface PreviewResult {
  /** PROMOTES, or where it would end without having promoted. */
  readonly verdict: 'PROMOTES' | 'REFUSED' | 'FAILS' | 'NOT ADMITTED';
  /** One sentence. */
  readonly summary: string;
  readonly stage: string;
  /** ISO time that the promotion was tried at. */
  readonly at: string;
  readonly actor: string;
  readonly freight: {
    readonly name: string;
    readonly alias: string | null;
    readonly images: readonly string[];
    readonly commits: readonly string[];
  };
  /** Where the objects of Kargo came from, and the state they were tried on. */
  readonly source: 'checkout' | 'cluster';
  /** Kargo's and Argo CD's words when it would not create the Promotion; null if it would. */
  readonly refusedAtCreation: string | null;
  readonly gates: readonly GateDecision[];
  readonly steps: readonly PreviewStep[];
  readonly branch: BranchChange;
  /** What was assumed because it cannot be known from here. */
  readonly assumptions: readonly string[];
  readonly durationMs: number;
}

export interface GateDecision {
  readonly gate: string;
  readonly passes: boolean;
  /** A sentence without the gate's name. */
  readonly reason: string;
}

export interface PreviewStep {
  readonly alias: string;
  readonly uses: string;
  readonly status: StepStatus;
  readonly message: string;
  /** Where an expression with an error stands, such as `config.message`; null without one. */
  readonly field: string | null;
  /** As the step would get it, expressions evaluated; null for a step that is skipped. */
  readonly config: unknown;
  readonly output: unknown;
  /** How long it waits, by the promotion's clock. */
  readonly waitedMs: number;
  /** What the preview did not really do. */
  readonly simulated: string | null;
}

export interface BranchChange {
  readonly name: string;
  /** Commit of the branch as this checkout knows it; null if it knows none. */
  readonly before: string | null;
  /** Whether the promotion itself gets as far as the push; otherwise the render alone was tried. */
  readonly pushed: boolean;
  /** Why there is no render to compare; null where there is one. */
  readonly problem: string | null;
  readonly objects: readonly ObjectChange[];
  readonly unchanged: number;
}

/** `renamed`: the same object under a new hash suffix, which Kubernetes sees as one more and one less. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'renamed';
export type Effect =
  | 'create'
  | 'apply'
  | 'replace'
  | 'refused'
  | 'prune'
  | 'keep'
  | 'create and prune';

export interface ObjectChange {
  readonly change: ChangeKind;
  readonly id: string;
  readonly fields: readonly FieldChange[];
  /** What Argo CD does with it. */
  readonly effect: Effect;
  /** Why, where that is not plain; what restarts. */
  readonly note: string | null;
}

export interface FieldChange {
  /** Such as `spec.template.spec.containers[recorder].image`. */
  readonly path: string;
  /** Undefined where the field is not there. */
  readonly before?: unknown;
  readonly after?: unknown;
}
