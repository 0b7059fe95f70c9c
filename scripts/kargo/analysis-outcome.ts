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

/**
 * The end of an AnalysisRun of which every metric was measured once, in the words of Argo Rollouts; the worst metric
 * that is not a dry run decides (facts/argo-cd-and-rollouts.md §4.1, facts/observed.md 19, 21).
 */
export function analysisOutcome(
  run: AnalysisRun,
  measurements: readonly MetricMeasurement[],
): AnalysisOutcome {
  let worst: MetricMeasurement | undefined;
  for (const measurement of measurements) {
    if (run.dryRun.some((pattern) => new RegExp(pattern, 'u').test(measurement.metric))) continue;
    if (worst === undefined || SEVERITY[measurement.phase] > SEVERITY[worst.phase]) {
      worst = measurement;
    }
  }
  if (worst === undefined || worst.phase === 'Successful') {
    return { phase: 'Successful', message: '' };
  }
  const limit = worst.phase === 'Failed' ? 'failed (1) > failureLimit (0)' : 'error';
  const detail =
    worst.message === undefined || worst.message === ''
      ? ''
      : `: ${JSON.stringify(`Error Message: ${worst.message}`)}`;
  const reason =
    worst.phase === 'Failed'
      ? ` due to ${limit}`
      : ' due to consecutiveErrors (5) > consecutiveErrorLimit (4)';
  return {
    phase: worst.phase,
    message: `Metric ${JSON.stringify(worst.metric)} assessed ${worst.phase}${reason}${detail}`,
  };
}
