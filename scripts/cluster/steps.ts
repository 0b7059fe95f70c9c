import { OrderbooksError } from '../../runtime/errors.ts';
import { changesText, type MadeChange, notingChanges } from './changes.ts';
import { ClusterError } from './failure.ts';

/**
 * `done`: looked at or waited for, nothing to change. `changed`, `unchanged`: what the step is responsible for was, or
 * already is, as wanted. `would change`: what a dry run found. `skipped`: left out on request.
 */
export type StepState = 'done' | 'changed' | 'unchanged' | 'would change' | 'skipped';

export interface StepOutcome {
  readonly state: StepState;
  /** One line for a person. */
  readonly detail: string;
}

export interface Step {
  /** Short and stable: programs that read `--json` find a step by it. */
  readonly name: string;
  run(): Promise<StepOutcome>;
}

export interface StepResult {
  readonly name: string;
  readonly state: StepState | 'failed' | 'not started';
  readonly detail: string;
  readonly seconds: number;
  /** What a step that failed had changed before; absent where that is nothing. */
  readonly changed?: readonly MadeChange[];
}

export interface StepsResult {
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
  /** Of the step that failed. */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    /** True where the change that was asked for last may have been made all the same; otherwise absent. */
    readonly outcomeUnknown?: true;
  };
}

/**
 * Runs steps one after the other and stops at the first that fails; the result names every step, those that were not
 * started too, and what the failed one had changed already, so that no half-done state goes unreported. Errors that
 * nobody expected pass through.
 *
 * @param tell called with each result as soon as it is known
 */
export async function runSteps(
  steps: readonly Step[],
  tell: (result: StepResult) => void,
  now: () => number = () => performance.now(),
): Promise<StepsResult> {
  const results: StepResult[] = [];
  const add = (result: StepResult) => {
    results.push(result);
    tell(result);
  };
  for (const [index, step] of steps.entries()) {
    const start = now();
    const seconds = () => Math.round((now() - start) / 100) / 10;
    const changed: MadeChange[] = [];
    try {
      const outcome = await notingChanges(changed, () => step.run());
      add({ name: step.name, ...outcome, seconds: seconds() });
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      add({
        name: step.name,
        state: 'failed',
        detail: `${error.code}: ${error.message}${changed.length === 0 ? '' : ` This step had changed before: ${changesText(changed)}`}`,
        seconds: seconds(),
        ...(changed.length === 0 ? {} : { changed }),
      });
      for (const { name } of steps.slice(index + 1)) {
        add({ name, state: 'not started', detail: 'an earlier step failed', seconds: 0 });
      }
      const { code, message } = error;
      const unknown = error instanceof ClusterError && error.outcomeUnknown;
      return {
        ok: false,
        steps: results,
        error: { code, message, ...(unknown ? { outcomeUnknown: true } : {}) },
      };
    }
  }
  return { ok: true, steps: results };
}

/** One line for a person, such as `changed      argo-cd: chart 9.4.3 installed (41.2 s)`. */
export function stepLine({ name, state, detail, seconds }: StepResult): string {
  const time = seconds < 1 ? '' : ` (${seconds} s)`;
  return `${state.padEnd(12)} ${name}: ${detail}${time}`;
}

/** A change of several objects as one outcome: `changed` if any was created or changed. */
export function outcomeOf(
  applied: readonly { readonly object: string; readonly change: string }[],
  dryRun: boolean,
): StepOutcome {
  const touched = applied.filter(({ change }) => change !== 'unchanged');
  if (touched.length === 0) return { state: 'unchanged', detail: `${applied.length} as wanted` };
  const words = touched.map(({ object, change }) =>
    dryRun ? `${object} would be ${change}` : `${object} ${change}`,
  );
  return { state: dryRun ? 'would change' : 'changed', detail: words.join(', ') };
}

/** Refuses what a person has to decide. */
export function refused(message: string): ClusterError {
  return new ClusterError('REFUSED', message);
}
