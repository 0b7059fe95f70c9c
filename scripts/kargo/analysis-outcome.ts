import type { AnalysisRun } from './analysis-run.ts';

export type MeasurementPhase = 'Successful' | 'Failed' | 'Error';

export interface MetricMeasurement {
  readonly metric: string;
  readonly phase: MeasurementPhase;
  /** What the measurement said, if anything; a Job says nothing. */
  readonly message?: string;
}

export interface AnalysisOutcome {
  readonly phase: MeasurementPhase;
  readonly message: string;
}

/** From best to worst, as Rollouts ranks the metrics of a run. */
export const ANALYSIS_RANK = ['Successful', 'Inconclusive', 'Error', 'Failed'] as const;
/** Rollouts tries a measurement that erred again, up to this many errors more than the first. */
export const CONSECUTIVE_ERROR_LIMIT = 4;

/**
 * The end of an AnalysisRun of which every metric was measured once, in the words of Argo Rollouts; the worst metric
 * that is not a dry run decides (facts/argo-cd-and-rollouts.md §4.1, facts/observed.md 19, 21). `Error` is the end of a
 * metric that could not be measured as often as its consecutiveErrorLimit allows.
 */
export function analysisOutcome(
  run: AnalysisRun,
  measurements: readonly MetricMeasurement[],
): AnalysisOutcome {
  let worst: MetricMeasurement = { metric: '', phase: 'Successful' };
  for (const measurement of measurements) {
    if (run.dryRun.some((pattern) => new RegExp(pattern, 'u').test(measurement.metric))) continue;
    if (rank(measurement.phase) > rank(worst.phase)) worst = measurement;
  }
  if (worst.phase === 'Successful') return { phase: 'Successful', message: '' };
  const limits = run.metrics.find(({ name }) => name === worst.metric) ?? {};
  const { failureLimit, consecutiveErrorLimit } = limitsOf(limits);
  const count = (worst.phase === 'Failed' ? failureLimit : consecutiveErrorLimit) + 1;
  const message = assessment(worst.metric, worst.phase, limits, count, worst.message);
  return { phase: worst.phase, message };
}

/**
 * What Rollouts says of a metric that ended badly.
 *
 * @param limits the metric's specification
 * @param count failed measurements, or errors in a row
 */
export function assessment(
  metric: string,
  phase: 'Failed' | 'Error',
  limits: Readonly<Record<string, unknown>>,
  count: number,
  message = '',
): string {
  const { failureLimit, consecutiveErrorLimit } = limitsOf(limits);
  const reason =
    phase === 'Failed'
      ? `failed (${count}) > failureLimit (${failureLimit})`
      : `consecutiveErrors (${count}) > consecutiveErrorLimit (${consecutiveErrorLimit})`;
  const detail = message === '' ? '' : `: ${JSON.stringify(`Error Message: ${message}`)}`;
  return `Metric ${JSON.stringify(metric)} assessed ${phase} due to ${reason}${detail}`;
}

function rank(phase: MeasurementPhase): number {
  return ANALYSIS_RANK.indexOf(phase);
}

function limitsOf(limits: Readonly<Record<string, unknown>>): {
  readonly failureLimit: number;
  readonly consecutiveErrorLimit: number;
} {
  return {
    failureLimit: Number(limits['failureLimit'] ?? 0),
    consecutiveErrorLimit: Number(limits['consecutiveErrorLimit'] ?? CONSECUTIVE_ERROR_LIMIT),
  };
}
