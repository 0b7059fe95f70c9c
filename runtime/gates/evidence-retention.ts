import type { Subject } from './check.ts';
import type { KeptEvidence, Platform } from './platform.ts';

/**
 * Runs that need not be kept: older than the newest `keep`, and not named by one of the newest `keep` latest verdicts,
 * because the evidence gate reads the document that the verdict names. At most twice `keep` remain.
 *
 * @param runs of one Stage, newest last
 * @param latest of the same Stage, newest last
 */
export function expiredRuns(
  runs: readonly KeptEvidence[],
  latest: readonly KeptEvidence[],
  keep: number,
): readonly string[] {
  const named = new Set(latest.slice(-keep).map(({ data }) => data['run']));
  return runs
    .slice(0, Math.max(0, runs.length - keep))
    .flatMap(({ name }) => (named.has(name) ? [] : [name]));
}

/** Deletes what need not be kept and returns the names. Latest verdicts (half a kilobyte each) stay: one that is missing could be taken for none that refuses. */
export async function pruneRuns(
  platform: Pick<Platform, 'keptEvidence' | 'deleteEvidence'>,
  { project, stage }: Pick<Subject, 'project' | 'stage'>,
  keep: number,
): Promise<readonly string[]> {
  // Verdicts after runs: a run that ends in between is either not listed yet or named by then.
  const runs = await platform.keptEvidence(project, 'run', stage);
  const latest = await platform.keptEvidence(project, 'latest', stage);
  const expired = expiredRuns(runs, latest, keep);
  for (const name of expired) await platform.deleteEvidence(project, name);
  return expired;
}
