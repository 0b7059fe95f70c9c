import { Fault } from '../expr/error.ts';
import type { FunctionTable } from '../expr/host.ts';
import { ALIAS_SEPARATOR, aliasNamespace } from '../inflation.ts';
import type { StepRecord } from '../promotion.ts';
import { hasFailures } from '../promotion-outcome.ts';
import { textArgument } from './argument.ts';

/**
 * Functions about the steps before the one called `alias`. Failures of steps with continueOnError do not count;
 * `status()` sees only steps of the same task, or the Stage's own (facts/observed.md).
 */
export function statusFunctions(alias: string, steps: readonly StepRecord[]): FunctionTable {
  return {
    always: { types: ['func() bool'], call: () => true },
    success: { types: ['func() bool'], call: () => !hasFailures(steps) },
    failure: { types: ['func() bool'], call: () => hasFailures(steps) },
    status: {
      types: ['func(string) string'],
      call: (argument) => {
        const wanted = textArgument(argument);
        if (wanted === '') throw new Fault('argument must not be empty');
        const task = aliasNamespace(alias);
        const qualified = task === '' ? wanted : `${task}${ALIAS_SEPARATOR}${wanted}`;
        const step = steps.find((candidate) => candidate.alias === qualified);
        // An alias with a separator belongs to a task, whatever asks for it from outside.
        if (step === undefined || aliasNamespace(step.alias) !== task) return '';
        return step.status ?? '';
      },
    },
  };
}
