import type { Evidence } from '../../runtime/gates/evidence.ts';
import type { Overhead } from './overhead.ts';
import type { Finding } from './prerequisites.ts';

/**
 * - `PROVEN`: the good version was verified in both Stages and the defective one was refused by its check;
 * - `FAILED`: something else happened.
 */
export type Verdict = 'PROVEN' | 'FAILED';

export interface PromotionRecord {
  readonly version: number;
  readonly stage: string;
  readonly name: string;
  readonly freight: string;
  readonly actor: string;
  readonly phase: string;
  readonly message: string;
  readonly steps: readonly {
    readonly alias: string;
    readonly status: string;
    readonly message: string;
  }[];
  /** From its creation to its end, by the cluster's clock, whole seconds. */
  readonly seconds: number;
}

export interface VerificationRecord {
  readonly version: number;
  readonly stage: string;
  readonly phase: string;
  /** What Kargo's and Rollouts' objects say. */
  readonly shown: string;
  readonly verdict: Evidence['verdict'] | null;
  readonly reason: string;
  readonly failedChecks: readonly string[];
  readonly seconds: number;
  readonly overhead: Overhead | null;
}

/** One promotion by real Kargo, carried out once more by the engine of the rehearsal. */
export interface ScenarioRecord {
  readonly name: string;
  /** As Kargo has it. */
  readonly phase: string;
  /** Whether the step that must refuse did, or none. */
  readonly expected: boolean;
  /** Between Kargo and the engine, a line each. */
  readonly differences: readonly string[];
}

export interface Measured {
  readonly what: string;
  readonly seconds: number;
}

/** The whole of a run; result.json. */
export interface E2eResult {
  readonly schema: 'orderbooks.e2e.v1';
  readonly runId: string;
  readonly verdict: Verdict;
  readonly summary: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly prerequisites: readonly Finding[];
  readonly changes: readonly string[];
  readonly fault: string;
  readonly releases: readonly {
    readonly version: number;
    readonly commit: string;
    readonly imageDigest: string;
    readonly freight: string;
  }[];
  readonly promotions: readonly PromotionRecord[];
  readonly verifications: readonly VerificationRecord[];
  /** What Kargo answered to the promotion of the defective version to full. */
  readonly refusal: string | null;
  /** Empty unless asked for. */
  readonly scenarios: readonly ScenarioRecord[];
  readonly timings: readonly Measured[];
  /** What the run made and could not remove. */
  readonly left: readonly string[];
}
