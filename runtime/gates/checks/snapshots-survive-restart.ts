import { defineCheck } from '../check.ts';
import { judgeRestart } from '../restart-judgement.ts';
import { COLLECTOR_COMPONENT } from '../workloads.ts';

/** A restart harms no archive of the collector; where none was closed before, it leaves one that is whole. */
export const snapshotsSurviveRestart = defineCheck({
  id: 'snapshots-survive-restart',
  proves:
    'rest_snapshots archives closed before the collector’s pod was deleted have the same bytes and rows after it, or the deletion itself closed the first one properly',
  needs: ['collectorPod', 'cyclesBefore', 'collectorRestart', 'cyclesAfter'],
  run: (_terms, { cyclesBefore, collectorRestart, cyclesAfter }) =>
    judgeRestart(cyclesBefore.report, collectorRestart, cyclesAfter.report, {
      component: COLLECTOR_COMPONENT,
      stream: 'rest_snapshots',
      only: true,
    }),
});
