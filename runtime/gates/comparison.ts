import type { CheckOutcome } from './check.ts';
import type { Policy } from './policy.ts';

/** What every check of the comparison needs: a production that cannot be recorded beside is a refusal of its own. */
export const COMPARISON_FACTS = ['recordedBeside', 'comparison'] as const;

/** Production has no recorder at all: only then is there nothing to compare with. */
export function notCompared(expected: string, { comparison }: Policy): CheckOutcome {
  const observed = 'production has no recorder';
  return comparison.baseline === 'required'
    ? {
        status: 'fail',
        expected,
        observed,
        reason:
          'no baseline, and the policy requires one (comparison.baseline): was production deleted?',
      }
    : {
        status: 'not_applicable',
        expected,
        observed,
        reason: 'no baseline: production has no recorder yet, so nothing was compared',
      };
}
