import type { FactName, Seen } from './facts.ts';
import type { Platform } from './platform.ts';
import type { Policy } from './policy.ts';

export type CheckStatus = 'pass' | 'fail' | 'not_applicable';

export interface CheckOutcome {
  readonly status: CheckStatus;
  /** What had to be seen, in one sentence with the numbers. */
  readonly expected: string;
  /** What was seen, in one sentence with the numbers. */
  readonly observed: string;
  /** Why that decides it: for people who were not there. */
  readonly reason: string;
}

/** What is being judged. */
export interface Subject {
  readonly project: string;
  readonly stage: string;
  readonly namespace: string;
  readonly productionNamespace: string;
  /** `sha256:…` */
  readonly imageDigest: string;
  readonly commit: string;
}

export interface CheckContext {
  readonly platform: Platform;
  readonly subject: Subject;
  readonly policy: Policy;
  readonly signal: AbortSignal;
  now(): Date;
  /** Resolves after `milliseconds`, rejects when the run is aborted. */
  wait(milliseconds: number): Promise<void>;
  /** One line for people who follow the run. */
  progress(text: string): void;
}

/** The ids are part of evidence, of the documentation (docs/checks/<id>.md) and of runbooks: they never change. */
export const CHECK_IDS = [
  'collector-on-promoted-digest',
  'cycle-passes',
  'snapshots-parse',
  'snapshots-survive-restart',
  'cycle-after-restart',
  'snapshots-uploaded',
  'recorder-on-promoted-digest',
  'recorder-receives',
  'archives-parse',
  'payload-hashes',
  'sequences-gapless',
  'checkpoints-succeed',
  'counters-exposed',
  'connections-recover',
  'prior-archive-unchanged',
  'restart-writes',
  'upload-verified',
  'remote-holds-upload',
  'collector-unchanged',
  'application-synced',
  'data-advances',
  'checkpoints-continue',
  'window-archives-parse',
  'outages-recover',
  'comparison-events',
  'comparison-latency',
  'comparison-resources',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** Subject and policy: what a check may know besides the facts. */
export type CheckTerms = Pick<CheckContext, 'subject' | 'policy'>;

/** Judges facts that the acts of the same run have seen. It looks at nothing else and changes nothing. */
export interface Check {
  readonly id: CheckId;
  /** What a pass proves, in one sentence. */
  readonly proves: string;
  readonly needs: readonly FactName[];
  run(terms: CheckTerms, seen: Partial<Seen>): CheckOutcome;
}

/** A check whose needs are checked by the compiler. The runner calls it only when all of them were seen. */
export function defineCheck<Needs extends FactName>(check: {
  readonly id: CheckId;
  readonly proves: string;
  readonly needs: readonly Needs[];
  run(terms: CheckTerms, seen: Pick<Seen, Needs>): CheckOutcome;
}): Check {
  return {
    id: check.id,
    proves: check.proves,
    needs: check.needs,
    run: (terms, seen) => check.run(terms, seen as Pick<Seen, Needs>),
  };
}
