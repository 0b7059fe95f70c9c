import { formatGoDuration } from './go-duration.ts';
import type { StepResult, StepStatus } from './step.ts';

/** What a Promotion keeps of a running step; the owner of the record changes it. */
export interface RunningStep {
  readonly alias: string;
  status: StepStatus | undefined;
  message: string;
  errorCount: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
}

export interface RetryRules {
  /** Errors until the step gives up; 0 or nothing means 1. */
  readonly errorThreshold: number | undefined;
  /** Milliseconds from the step's start; 0 or less means none. */
  readonly timeoutMs: number;
}

const DEFAULT_ERROR_THRESHOLD = 1;

/**
 * Enters what a step answered into its record, in Kargo's words, and tells whether the step is over
 * (facts/kargo.md §3, facts/expr-and-templates.md "Steps").
 *
 * @param now milliseconds since the epoch
 */
export function recordResult(
  step: RunningStep,
  result: StepResult,
  rules: RetryRules,
  now: number,
): boolean {
  step.status = result.status;
  const error = errorText(step.alias, result);
  step.message = error ?? result.message ?? '';
  if (result.status === 'Succeeded' || result.status === 'Skipped') return finish(step, now);
  if (error !== undefined && result.terminal === true) {
    if (result.status !== 'Failed') {
      step.status = 'Errored';
      step.message = `an unrecoverable error occurred: ${error}`;
    }
    return finish(step, now);
  }
  if (error !== undefined) {
    step.errorCount += 1;
    const threshold = rules.errorThreshold || DEFAULT_ERROR_THRESHOLD;
    if (step.errorCount >= threshold) {
      step.message = `step ${JSON.stringify(step.alias)} met error threshold of ${threshold}: ${error}`;
      return finish(step, now);
    }
  }
  if (rules.timeoutMs > 0 && now - (step.startedAt ?? now) > rules.timeoutMs) {
    step.status = 'Errored';
    step.message = `step ${JSON.stringify(step.alias)} timed out after ${formatGoDuration(rules.timeoutMs)}`;
    return finish(step, now);
  }
  if (error !== undefined) step.message = `${error}; step will be retried`;
  return false;
}

function finish(step: RunningStep, now: number): true {
  step.finishedAt = now;
  return true;
}

function errorText(alias: string, result: StepResult): string | undefined {
  const { status, message } = result;
  if (status === 'Errored') {
    return `error running step ${JSON.stringify(alias)}: ${message ?? 'no details provided'}`;
  }
  // A failure without any word is tried again until its time is over, and counts as no error.
  if (status === 'Failed' && message !== undefined) {
    return `step ${JSON.stringify(alias)}: ${message}`;
  }
  return undefined;
}
