import { parseGoDuration } from '../../kargo/go-duration.ts';
import { fields, shown, text } from '../fields.ts';
import type { Check } from '../rule.ts';
import { writtenSteps } from '../written-steps.ts';

/** Steps that do nothing that could take long or fail for a moment. */
const INSTANT: ReadonlySet<string> = new Set(['compose-output', 'fail']);
/** One transient error must not end a promotion: it would end auto-promotion of its Freight as well. */
const LEAST_ATTEMPTS = 2;

/** A step without limit can block a Stage for ever, and one that is tried once fails on the first lost connection. */
export const checkStepLimits: Check = function* ({ bundle, house }) {
  for (const step of bundle.objects.flatMap(writtenSteps)) {
    const kind = text(step.value['uses']);
    const retry = fields(step.value['retry']);
    if (!house || kind === '' || INSTANT.has(kind)) continue;
    const { timeout, errorThreshold } = retry;
    const at = step.object.at([...step.path, 'uses']);
    if (timeout === undefined || isNone(timeout)) {
      yield {
        rule: 'kargo/no-time-limit',
        at,
        message: `step ${kind} has no retry.timeout: what it waits for may never come, and it then holds the Stage's queue for ever`,
        fix: 'add retry: {timeout: 10m, errorThreshold: 3}, longer than its longest honest run',
      };
    }
    if (typeof errorThreshold !== 'number' || errorThreshold < LEAST_ATTEMPTS) {
      yield {
        rule: 'kargo/no-time-limit',
        at:
          errorThreshold === undefined
            ? at
            : step.object.at([...step.path, 'retry', 'errorThreshold']),
        message: `step ${kind} has ${errorThreshold === undefined ? 'no retry.errorThreshold, which means 1' : `errorThreshold ${shown(errorThreshold)}`}: one lost connection fails the promotion`,
        fix: `set retry.errorThreshold to ${LEAST_ATTEMPTS} or more`,
      };
    }
  }
};

/** Zero means no limit. */
function isNone(timeout: unknown): boolean {
  return typeof timeout === 'string' && parseGoDuration(timeout) === 0;
}
