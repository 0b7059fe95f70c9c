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
  /** Facts that checks of the same run hand on; written by the gate's acts, read by checks. */
  readonly signal: AbortSignal;
  now(): Date;
  /** Resolves after `milliseconds`, rejects when the run is aborted. */
  wait(milliseconds: number): Promise<void>;
  /** One line for people who follow the run. */
  progress(text: string): void;
}
