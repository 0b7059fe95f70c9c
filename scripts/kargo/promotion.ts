import type { AdmittedPromotion } from './admission.ts';
import type { Project } from './project.ts';
import type { State } from './state.ts';
import type { Freight, StepResult, StepRunner, StepStatus, World } from './step.ts';

export type PromotionPhase = 'Succeeded' | 'Failed' | 'Errored' | 'Aborted';

/** What a Promotion knows of one of its steps. Times are milliseconds since the epoch. */
export interface StepRecord {
  readonly alias: string;
  readonly uses: string;
  readonly status: StepStatus | undefined;
  readonly message: string;
  readonly errorCount: number;
  readonly continueOnError: boolean;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** What was not really done; the step's status and outputs are then an assumption. */
  readonly simulated?: string | undefined;
}

export type HealthCheck = NonNullable<StepResult['healthCheck']>;

export interface PromotionResult {
  readonly phase: PromotionPhase;
  readonly message: string;
  /** Index of the last step that was looked at. */
  readonly currentStep: number;
  readonly steps: readonly StepRecord[];
  readonly state: State;
  readonly healthChecks: readonly HealthCheck[];
}

/** One thing a person can follow. Times are milliseconds since the epoch. */
export type PromotionEvent =
  | {
      readonly type: 'promotion-started';
      readonly promotion: string;
      readonly stage: string;
      readonly freight: string;
      readonly aliases: readonly string[];
      readonly at: number;
    }
  | {
      readonly type: 'step-started';
      readonly index: number;
      readonly alias: string;
      readonly uses: string;
      readonly at: number;
    }
  | {
      readonly type: 'step-waiting';
      readonly index: number;
      readonly alias: string;
      readonly uses: string;
      readonly message: string;
      /** When it is tried or asked again. */
      readonly nextInMs: number;
      readonly at: number;
    }
  | {
      readonly type: 'step-finished';
      readonly index: number;
      readonly alias: string;
      readonly uses: string;
      readonly status: StepStatus;
      readonly message: string;
      readonly output: Readonly<Record<string, unknown>> | undefined;
      /** Absent for a step that was skipped or whose expressions have an error. */
      readonly config: unknown;
      /** Where the expression with an error stands, such as `if`, `config.message` or `vars.image`. */
      readonly field: string | undefined;
      /** What was not really done; status and output are then an assumption. */
      readonly simulated?: string | undefined;
      readonly at: number;
    }
  | { readonly type: 'promotion-finished'; readonly result: PromotionResult; readonly at: number };

export interface PromotionInput {
  readonly promotion: AdmittedPromotion;
  readonly project: Project;
  /** The Freight being promoted. */
  readonly freight: Freight;
  /** Current Freight of the Stage from its other origins. */
  readonly inherited?: readonly Freight[];
}

export interface PromotionClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface PromoteOptions {
  readonly world: World;
  /** Absolute path of an existing, empty folder that belongs to this Promotion alone. */
  readonly workDir: string;
  /** By kind; default: every step this project knows. */
  readonly steps?: ReadonlyMap<string, StepRunner>;
  readonly clock?: PromotionClock;
  /**
   * Outputs of an earlier start of this Promotion, whose working folder was lost with its controller: it starts again at
   * step 0, and each step replaces its own (facts/observed.md, "Controller restart").
   */
  readonly keptState?: State;
  /** Replaces Kargo's waits between polls (10 s at least, 5 min by default). */
  readonly pollIntervalMs?: number;
  /** Aborts the Promotion; a text as its reason names who did it. */
  readonly signal?: AbortSignal;
  /** What `ctx.uiBaseUrl` gives. */
  readonly uiBaseUrl?: string;
}
