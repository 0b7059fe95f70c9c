import { defineCheck } from '../check.ts';
import { archivesOfRuns, runsOfPod } from '../inspection.ts';
import { JUDGED_FACTS, ofStream, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** After a restart a new run records again. */
export const restartWrites = defineCheck({
  id: 'restart-writes',
  proves:
    'the pod that came after the restart runs the promoted digest and writes valid rows in a run of its own',
  needs: JUDGED_FACTS,
  run({ subject }, { promoted, restart, after }) {
    const pod = restart.mode === 'provoke' ? restart.replacement : promoted.pod;
    const problems: string[] = [];
    if (restart.mode === 'provoke' && pod.uid === restart.old.uid) {
      problems.push(`pod ${pod.name} is still the one that was deleted`);
    }
    if (pod.imageDigest !== subject.imageDigest) {
      problems.push(`pod ${pod.name} runs ${pod.imageDigest ?? 'no known digest'}`);
    }
    if (!pod.ready) problems.push(`pod ${pod.name} is not ready`);
    const runs = runsOfPod(after.report, pod.name);
    if (runs.length === 0) problems.push(`pod ${pod.name} left no run manifest`);
    const written = ofStream(archivesOfRuns(after.report, runs), 'ws_raw');
    const whole = written.filter((archive) => archive.complete && archive.data_frames > 0);
    if (whole.length === 0) {
      problems.push(`no complete ws_raw archive with a data frame in a run of pod ${pod.name}`);
    }
    const how =
      restart.mode === 'provoke'
        ? `after pod ${restart.old.name} was deleted`
        : 'after the restart that the rollout made';
    return judged(
      `${how}: another pod, ready, on ${subject.imageDigest}, with ≥ 1 complete ws_raw archive that holds ≥ 1 data frame`,
      `pod ${pod.name}, ${runs.length} runs, ${whole.length} of ${written.length} ws_raw archives complete with data, ${total(whole, (one) => one.data_frames)} data frames`,
      problems,
      'recording went on after the restart',
    );
  },
});
