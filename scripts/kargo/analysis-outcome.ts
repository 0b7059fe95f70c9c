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

const SEVERITY: Readonly<Record<MeasurementPhase, number>> = { Successful: 0, Failed: 1, Error: 2 };
/** Rollouts tries a measurement that erred again, up to this many errors more than the first. */
const CONSECUTIVE_ERROR_LIMIT = 4;

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
    if (SEVERITY[measurement.phase] > SEVERITY[worst.phase]) worst = measurement;
  }
  if (worst.phase === 'Successful') return { phase: 'Successful', message: '' };
  const detail = worst.message ? `: ${JSON.stringify(`Error Message: ${worst.message}`)}` : '';
  return {
    phase: worst.phase,
    message: `Metric ${JSON.stringify(worst.metric)} assessed ${worst.phase} due to ${reason(run, worst)}${detail}`,
  };
}

function reason(run: AnalysisRun, { metric, phase }: MetricMeasurement): string {
  const limits = run.metrics.find(({ name }) => name === metric);
  if (phase === 'Failed') {
    const limit = Number(limits?.['failureLimit'] ?? 0);
    return `failed (${limit + 1}) > failureLimit (${limit})`;
  }
  const limit = Number(limits?.['consecutiveErrorLimit'] ?? CONSECUTIVE_ERROR_LIMIT);
  return `consecutiveErrors (${limit + 1}) > consecutiveErrorLimit (${limit})`;
}
