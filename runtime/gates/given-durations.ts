import { formatDuration, parseDuration } from '../config/duration.ts';
import type { GivenValues } from '../config/load.ts';
import { OrderbooksError } from '../errors.ts';
import type { Policy } from './policy.ts';

/** Durations that a run may be given beside its policy; texts such as `20m`. */
export interface GivenDurations {
  /** The next three: undefined, or `policy`, means as the policy says. */
  readonly deadline?: string | undefined;
  readonly observation?: string | undefined;
  readonly comparisonWindow?: string | undefined;
  /** How long the Job may run that the verifier runs in (its activeDeadlineSeconds); undefined outside of one. */
  readonly jobDeadline?: string | undefined;
}

/** What an AnalysisTemplate passes on where a Stage gives no duration of its own: an argument must have a value. */
export const AS_POLICY = 'policy';

/**
 * Between the run's deadline and the Job's: the Job's time begins before the verifier does, what was under way is
 * cleaned up (15 s), and then the evidence is written.
 */
export const TIME_BESIDES_MS = 60_000;

/** The option of each, and the place of its value in the policy. */
const PLACES = [
  ['deadline', '--deadline', (text: string) => ({ deadline: text })],
  ['observation', '--observation', (text: string) => ({ observation: text })],
  ['comparisonWindow', '--comparison-window', (text: string) => ({ comparison: { window: text } })],
] as const;

/** The arguments of an AnalysisTemplate that give them: the options without their dashes. */
export const GIVEN_ARGUMENTS: readonly string[] = PLACES.map(([, option]) => option.slice(2));

/** What is laid over the policy, named after the options that say so. The policy's own schema judges the texts. */
export function overPolicy(given: GivenDurations): GivenValues {
  const set = PLACES.flatMap(([name, option, place]) => {
    const text = given[name];
    return text === undefined || text === AS_POLICY ? [] : [{ option, value: place(text) }];
  });
  return {
    values: Object.assign({}, ...set.map(({ value }) => value)),
    name: set.map(({ option }) => option).join(', '),
  };
}

/** Why the run does not fit into its Job, with its evidence; null if it does. */
export function beyondJob(
  { deadline }: Pick<Policy, 'deadline'>,
  { jobDeadline }: GivenDurations,
): string | null {
  if (jobDeadline === undefined) return null;
  let limit: number;
  try {
    limit = parseDuration(jobDeadline);
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    return `--job-deadline: ${error.message}`;
  }
  if (deadline + TIME_BESIDES_MS <= limit) return null;
  return `deadline: expected at most ${formatDuration(Math.max(0, limit - TIME_BESIDES_MS))}, a minute less than the Job's own deadline of ${formatDuration(limit)}, or the Job ends before the evidence is written; got ${formatDuration(deadline)}`;
}
