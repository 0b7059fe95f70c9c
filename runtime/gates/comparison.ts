import type { CheckOutcome } from './check.ts';

/** Production has no recorder at all: only then is there nothing to compare with. */
export function notCompared(expected: string): CheckOutcome {
  return {
    status: 'not_applicable',
    expected,
    observed: 'production has no recorder',
    reason: 'no baseline: this is the first recorder',
  };
}
