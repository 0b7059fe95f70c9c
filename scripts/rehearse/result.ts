import type { Evidence } from '../../runtime/gates/evidence.ts';
import type { AccessUse } from './cluster/access-record.ts';

/**
 * How a rehearsal ended.
 *
 * - `PROMOTED`: version 2 was verified in every stage asked for;
 * - `REFUSED`: the gates refused it, in the canary or before full, and nothing after them was touched;
 * - `FAILED`: it could not be promoted for another reason (a step failed, full's verification failed, …);
 * - `ESCAPED`: a deliberate fault was not refused by the check that is meant for it, or a scenario ended otherwise than it must;
 * - `INTERRUPTED`: a person stopped it.
 */
export type Verdict = 'PROMOTED' | 'REFUSED' | 'FAILED' | 'ESCAPED' | 'INTERRUPTED';

export const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  PROMOTED: 0,
  REFUSED: 1,
  FAILED: 1,
  ESCAPED: 3,
  INTERRUPTED: 130,
};

/** One thing that differs from a cluster because a laptop cannot give it. */
export interface Override {
  readonly what: string;
  readonly manifest: string;
  readonly rehearsal: string;
  readonly why: string;
}

export interface StepRecord {
  readonly alias: string;
  readonly status: string;
  readonly message: string;
  readonly durationMs: number;
  /** What was not really done; the status is then an assumption. */
  readonly simulated?: string;
}

export interface PromotionRecord {
  readonly name: string;
  readonly stage: string;
  readonly version: 1 | 2;
  readonly freight: string;
  readonly actor: string;
  readonly phase: string;
  readonly message: string;
  readonly steps: readonly StepRecord[];
  readonly startedAt: string;
  readonly durationMs: number;
  /** Commit of the rendered branch that Argo CD was asked to sync, if it came so far. */
  readonly renderedCommit: string | null;
}

export interface VerificationRecord {
  readonly stage: string;
  readonly phase: string;
  readonly message: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly evidence: Evidence | null;
}

/** One stretch of the timeline, milliseconds from the start of the rehearsal. */
export interface Span {
  readonly lane: 'rehearsal' | 'canary' | 'full';
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly outcome: 'good' | 'bad' | 'neutral';
}

export interface StageRecording {
  readonly stage: string;
  /** Frames archived in each second of the rehearsal, from its start. */
  readonly framesPerSecond: readonly number[];
  readonly frames: number;
  readonly gaps: readonly { readonly atMs: number; readonly reason: string }[];
}

/** The simulator's own account against what the archives hold. */
export interface Account {
  readonly stage: string;
  readonly sent: number;
  readonly archived: number;
  /** Sent, not archived, and inside an explicit gap. */
  readonly inGaps: number;
  /** Sent, not archived, and not explained. */
  readonly missing: number;
}

/** One of several scenarios that were tried one after another, and how it ended. */
export interface Trial {
  readonly name: string;
  readonly about: string;
  readonly expected: Verdict;
  /** The step that must refuse; null where nothing may. */
  readonly expectedBy: string | null;
  readonly ended: Verdict;
  readonly endedBy: string | null;
  /** What the promotion said. */
  readonly message: string;
  readonly asExpected: boolean;
}

/** One of several defects that were released one after another, and how it ended. */
export interface FaultTrial {
  readonly name: string;
  readonly about: string;
  /** The check that must refuse it. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly summary: string;
  readonly refusedPromotion: RehearsalResult['refusedPromotion'];
}

export interface RehearsalResult {
  readonly schema: 'orderbooks.rehearsal.v1';
  readonly verdict: Verdict;
  /** One sentence for people. */
  readonly summary: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly durations: readonly { readonly what: string; readonly milliseconds: number }[];
  readonly machine: { readonly cores: number; readonly memoryGiB: number; readonly node: string };
  readonly programs: readonly { readonly name: string; readonly version: string }[];
  readonly bundle: {
    readonly head: string;
    readonly uncommitted: readonly string[];
    readonly versions: readonly {
      readonly version: 1 | 2;
      readonly commit: string;
      readonly imageDigest: string;
      readonly change: string;
    }[];
  };
  /** What was tried, and how it should end. */
  readonly scenario: { readonly name: string; readonly about: string; readonly expected: Verdict };
  /** Each scenario of `--scenario all`; absent where one was tried. */
  readonly trials?: readonly Trial[];
  /** Each of several faults, in the order of `verifications`; absent where there was one, or none. */
  readonly faultTrials?: readonly FaultTrial[];
  readonly fault: { readonly name: string; readonly about: string; readonly check: string } | null;
  readonly overrides: readonly Override[];
  readonly promotions: readonly PromotionRecord[];
  readonly verifications: readonly VerificationRecord[];
  /** What happened when somebody tried to promote version 2 to full after the canary was refused. */
  readonly refusedPromotion: { readonly message: string; readonly fullUntouched: boolean } | null;
  readonly timeline: readonly Span[];
  readonly recordings: readonly StageRecording[];
  readonly accounts: readonly Account[];
  /** What ServiceAccounts asked of the API server: which rules of their Roles were used, and which were missing. */
  readonly access: readonly AccessUse[];
}
