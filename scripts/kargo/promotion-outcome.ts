import type { PromotionPhase, StepRecord } from './promotion.ts';
import type { StepStatus } from './step.ts';

const SEVERITY: Readonly<Record<StepStatus, number>> = {
  Succeeded: 0,
  Skipped: 1,
  Running: 2,
  Aborted: 3,
  Failed: 4,
  Errored: 5,
};

/**
 * The end of a Promotion whose steps are all over: the worst status decides, and the first step that has it gives the
 * message. Steps with continueOnError do not count; a Promotion of nothing but skipped steps succeeds.
 */
export function outcome(steps: readonly StepRecord[]): {
  readonly phase: PromotionPhase;
  readonly message: string;
} {
  let worst: StepStatus = 'Succeeded';
  let message = '';
  for (const step of steps) {
    if (step.continueOnError || step.status === undefined) continue;
    if (SEVERITY[step.status] > SEVERITY[worst]) {
      worst = step.status;
      message = step.message;
    }
  }
  return { phase: phaseOf(worst), message };
}

/** Whether a step before the current one failed, as `failure()` and steps without `if` see it. */
export function hasFailures(steps: readonly StepRecord[]): boolean {
  return steps.some(
    ({ continueOnError, status }) =>
      !continueOnError && (status === 'Failed' || status === 'Errored'),
  );
}

function phaseOf(status: StepStatus): PromotionPhase {
  switch (status) {
    case 'Succeeded':
    case 'Skipped':
      return 'Succeeded';
    case 'Aborted':
    case 'Failed':
      return status;
    case 'Errored':
    case 'Running':
      return 'Errored';
  }
}
