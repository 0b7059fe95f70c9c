import { defineCheck } from '../check.ts';
import { cycleFaults, describeCycle, endedCycles } from '../cycle.ts';
import { archivesOfRuns, CLOCK_TOLERANCE_MS, runsOfPod } from '../inspection.ts';
import { ofStream, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';
import { COLLECTOR_COMPONENT } from '../workloads.ts';

/** After its restart the collector takes snapshots again, and they reach the disk. */
export const cycleAfterRestart = defineCheck({
  id: 'cycle-after-restart',
  proves:
    'the pod that replaced the deleted collector is ready on the promoted digest, passes a later cycle, and closes an archive with valid rows',
  needs: ['collectorPod', 'collectorRestart', 'cyclesAfter'],
  run({ subject }, { collectorRestart: { old, replacement, deletedAt }, cyclesAfter }) {
    const { report } = cyclesAfter;
    const problems: string[] = [];
    if (replacement.uid === old.uid) {
      problems.push(`pod ${replacement.name} is still the one that was deleted`);
    }
    if (replacement.imageDigest !== subject.imageDigest) {
      problems.push(`pod ${replacement.name} runs ${replacement.imageDigest ?? 'no known digest'}`);
    }
    if (!replacement.ready) problems.push(`pod ${replacement.name} is not ready`);
    const later = endedCycles(report).filter((cycle) => cycle.pod === replacement.name);
    const latest = later.at(-1) ?? null;
    if (latest === null) problems.push(`no cycle of pod ${replacement.name} ended`);
    else {
      problems.push(...cycleFaults(latest, subject.imageDigest));
      if (!(Date.parse(latest.started_at) > deletedAt.getTime() - CLOCK_TOLERANCE_MS)) {
        problems.push(`cycle ${latest.cycle_id} began at ${latest.started_at}, before the restart`);
      }
    }
    const written = ofStream(
      archivesOfRuns(report, runsOfPod(report, replacement.name, COLLECTOR_COMPONENT)),
      'rest_snapshots',
    );
    const whole = written.filter((archive) => archive.complete && archive.good_checkpoints > 0);
    if (whole.length === 0) {
      problems.push(
        `no complete rest_snapshots archive with an answer that holds a book in a run of pod ${replacement.name}`,
      );
    }
    return judged(
      `after pod ${old.name} was deleted: another pod, ready, on ${subject.imageDigest}, with a later cycle that is PASS and ≥ 1 complete rest_snapshots archive with ≥ 1 valid row`,
      `pod ${replacement.name}; ${describeCycle(latest)}; ${whole.length} of ${written.length} rest_snapshots archives complete with valid rows, ${total(whole, (one) => one.good_checkpoints)} of them`,
      problems,
      'collecting went on after the restart',
    );
  },
});
