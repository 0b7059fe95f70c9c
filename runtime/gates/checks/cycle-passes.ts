import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import { cycleFaults, describeCycle, latestCycle } from '../cycle.ts';
import { CLOCK_TOLERANCE_MS } from '../inspection.ts';
import { judged } from '../outcome.ts';

/** The collector's newest finished cycle is young and went well. */
export const cyclePasses = defineCheck({
  id: 'cycle-passes',
  proves:
    'the latest cycle manifest is PASS with rows written and no failure, is young, and was written by the promoted collector pod',
  needs: ['collectorPod', 'cyclesBefore'],
  run({ subject, policy }, { collectorPod: { pod }, cyclesBefore }) {
    const cycle = latestCycle(cyclesBefore.report);
    const problems: string[] = [];
    if (cycle === null) {
      problems.push(
        `no cycle that ended among ${cyclesBefore.report.cycle_manifests.length} cycle manifests`,
      );
    } else {
      problems.push(...cycleFaults(cycle, subject.imageDigest));
      if (cycle.pod !== pod.name) {
        problems.push(`cycle ${cycle.cycle_id} was written by pod ${cycle.pod || '(unnamed)'}`);
      }
      const age = cyclesBefore.requestedAt.getTime() - Date.parse(cycle.finished_at ?? '');
      // Written so that a time that cannot be parsed (NaN) is refused too. A cycle may end while the inspector starts.
      if (!(age <= policy.cycleAge && age >= -policy.inspectTimeout - CLOCK_TOLERANCE_MS)) {
        problems.push(
          `cycle ${cycle.cycle_id} ended at ${cycle.finished_at ?? 'no time'}, not within ${formatDuration(policy.cycleAge)} before the inspection was asked for`,
        );
      }
    }
    return judged(
      `latest cycle of pod ${pod.name}: PASS, > 0 rows written, 0 failures, at most ${formatDuration(policy.cycleAge)} old, written by ${subject.imageDigest}`,
      describeCycle(cycle),
      problems,
      'the collector takes snapshots',
    );
  },
});
