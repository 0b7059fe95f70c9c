import type { ArchiveReport } from '../../inspector/report.ts';
import { type CheckOutcome, defineCheck } from '../check.ts';
import type { EarlierRun, Inspection, Restart } from '../facts.ts';
import { archivesOfRuns, runsOfPod } from '../inspection.ts';
import { firstFew } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** A restart harms no closed archive; where none was closed before, it leaves one that is whole. */
export const priorArchiveUnchanged = defineCheck({
  id: 'prior-archive-unchanged',
  proves:
    'archives closed before a restart have the same bytes and rows after it, or the restart itself closed the first one properly',
  needs: ['promoted', 'before', 'restart', 'after'],
  run(_terms, { before, restart, after }) {
    return restart.mode === 'provoke'
      ? judgeProvoked(before, restart, after)
      : judgeObserved(restart.earlier);
  },
});

function judgeProvoked(
  before: Inspection,
  restart: Extract<Restart, { mode: 'provoke' }>,
  after: Inspection,
): CheckOutcome {
  const prior = before.report.archives;
  const later = new Map(after.report.archives.map((archive) => [archive.path, archive]));
  const changed = prior.flatMap((archive) => difference(archive, later.get(archive.path)));
  const oldRuns = [
    ...runsOfPod(before.report, restart.old.name),
    ...runsOfPod(after.report, restart.old.name),
  ];
  const closedBefore = archivesOfRuns(before.report, oldRuns).some(
    (archive) => archive.stream === 'ws_raw',
  );
  if (closedBefore) {
    return judged(
      `${prior.length} archives closed before ${restart.deletedAt.toISOString()} with the same sha256, rows and bytes after the restart`,
      `${prior.length - changed.length} of ${prior.length} unchanged`,
      changed.length === 0 ? [] : [firstFew(changed)],
      `pod ${restart.old.name} was deleted, ${restart.replacement.name} came, and no closed archive changed`,
    );
  }
  const known = new Set(prior.map((archive) => archive.path));
  const atShutdown = archivesOfRuns(after.report, oldRuns).filter(
    (archive) =>
      !known.has(archive.path) &&
      archive.stream === 'ws_raw' &&
      archive.close_reason === 'shutdown',
  );
  const faults = atShutdown.flatMap(broken);
  if (atShutdown.length === 0) {
    faults.push(`pod ${restart.old.name} left no ws_raw archive that it closed on SIGTERM`);
  }
  return judged(
    `none was closed before the restart, so ≥ 1 whole ws_raw archive with close_reason shutdown of pod ${restart.old.name}`,
    `${atShutdown.length} such archives; ${prior.length - changed.length} of ${prior.length} other archives unchanged`,
    [...faults, ...changed].length === 0 ? [] : [firstFew([...faults, ...changed])],
    'the recorder closed its archive when it was told to stop',
  );
}

function judgeObserved(earlier: EarlierRun | null): CheckOutcome {
  if (earlier === null) {
    return {
      status: 'not_applicable',
      expected: 'archives of the run before the rollout equal to their manifests',
      observed: 'no run manifest of any earlier recorder on this volume',
      reason: 'the promoted pod is the first recorder here, so there was nothing to harm',
    };
  }
  const { run, report } = earlier;
  const archives = report.archives.filter((archive) => archive.run_id === run.run_id);
  const recorded = archives.filter((archive) => archive.stream === 'ws_raw');
  const faults = archives.flatMap(broken);
  if (recorded.length === 0) {
    faults.push(`run ${run.run_id} of pod ${run.pod} has a run manifest but no ws_raw archive`);
  }
  const reasons = recorded.map((archive) => archive.close_reason ?? 'unclosed');
  return judged(
    `≥ 1 ws_raw archive of run ${run.run_id} (pod ${run.pod}, before the rollout), all complete and equal to their manifests`,
    `${archives.length} archives, ${recorded.length} of them ws_raw, the newest closed by ${reasons.at(-1) ?? 'nothing'}; ${faults.length} faults`,
    faults.length === 0 ? [] : [firstFew(faults)],
    'the restart that the rollout made harmed no archive',
  );
}

function difference(before: ArchiveReport, after: ArchiveReport | undefined): string[] {
  if (after === undefined) return [`${before.path} is gone`];
  const parts = (['sha256', 'rows', 'bytes'] as const).filter(
    (part) => before[part] !== after[part],
  );
  return parts.length === 0
    ? []
    : [
        `${before.path} changed: ${parts.map((part) => `${part} ${before[part]} → ${after[part]}`).join(', ')}`,
      ];
}

function broken(archive: ArchiveReport): string[] {
  if (!archive.complete) return [`${archive.path} is not complete: ${archive.errors.join(', ')}`];
  return archive.manifest === 'match' ? [] : [`${archive.path}: manifest ${archive.manifest}`];
}
