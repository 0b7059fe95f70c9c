import type { CheckOutcome } from './check.ts';

/** Builds an outcome from the problems found: none is a pass. */
export function judged(
  expected: string,
  observed: string,
  problems: readonly string[],
  passReason: string,
): CheckOutcome {
  return problems.length === 0
    ? { status: 'pass', expected, observed, reason: passReason }
    : { status: 'fail', expected, observed, reason: problems.join('; ') };
}
