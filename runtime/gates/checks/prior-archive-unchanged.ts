import { type CheckOutcome, defineCheck } from '../check.ts';
import type { EarlierRun } from '../facts.ts';
import { firstFew } from '../judged-archives.ts';
import { judged } from '../outcome.ts';
import { broken, judgeRestart } from '../restart-judgement.ts';
import { RECORDER_COMPONENT } from '../workloads.ts';

/** A restart harms no closed archive; where none was closed before, it leaves one that is whole. */
export const priorArchiveUnchanged = defineCheck({
  id: 'prior-archive-unchanged',
  proves:
    'archives closed before a restart have the same bytes and rows after it, or the restart itself closed the first one properly',
  needs: ['promoted', 'before', 'restart', 'after'],
  run(_terms, { before, restart, after }) {
    if (restart.mode === 'observe') return judgeObserved(restart.earlier);
    const scope = { component: RECORDER_COMPONENT, stream: 'ws_raw', only: false } as const;
    return judgeRestart(before.report, restart, after.report, scope);
  },
});

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
