import { analysisOutcome } from '../../../../scripts/kargo/analysis-outcome.ts';
import { buildAnalysisRun } from '../../../../scripts/kargo/analysis-run.ts';
import type { Project } from '../../../../scripts/kargo/project.ts';
import type { Freight, World } from '../../../../scripts/kargo/step.ts';
import type { Raw } from './record.ts';

export interface RecordedVerification {
  /** Phase and message as the Stage's history has them. */
  readonly verification: Raw;
  readonly analysisRuns: readonly Raw[];
}

/** The verification of a Stage. The recordings measured a web page whose state is always `open`. */
export function recordedVerification(
  project: Project,
  stage: string,
  current: readonly Freight[],
  world: World,
  now: number,
): RecordedVerification {
  const object = project.stages.get(stage);
  const run = object === undefined ? null : buildAnalysisRun(project, object, current, world, now);
  if (run === null) return { verification: { phase: 'Successful' }, analysisRuns: [] };
  if ('message' in run) {
    return { verification: { phase: 'Error', message: run.message }, analysisRuns: [] };
  }
  const analysisRuns = [{ args: run.args }];
  if (JSON.stringify(run.metrics).includes('127.0.0.1')) {
    // Nothing answers there, and Rollouts was still trying when the recording ended.
    return { verification: { phase: 'Running' }, analysisRuns };
  }
  const { phase, message } = analysisOutcome(
    run,
    run.metrics.map((metric) => ({
      metric: metric.name,
      phase: String(metric['successCondition']).includes("'open'") ? 'Successful' : 'Failed',
    })),
  );
  return { verification: { phase, ...(message === '' ? {} : { message }) }, analysisRuns };
}
