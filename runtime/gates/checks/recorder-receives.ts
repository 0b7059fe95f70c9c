import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import { JUDGED_FACTS, judgedArchives, ofStream, total } from '../judged-archives.ts';
import { lastWritten } from '../last-written.ts';
import { judged } from '../outcome.ts';
import { readFreshness } from '../recorder-state.ts';

const DATA_FRAMES = 'orderbooks_recorder_data_frames_total';

/** A write this long after the inspection was asked for is of a wrong clock: no inspector is given more time. */
const LATEST_WRITE_MS = 3_600_000;

/** The recorder receives market data: its metrics grow and are fresh, and the frames are on disk. */
export const recorderReceives = defineCheck({
  id: 'recorder-receives',
  proves:
    'market data arrives while tokens are active, by the recorder’s own counters and by the rows in its archives',
  needs: ['observation', ...JUDGED_FACTS],
  run({ policy }, { observation, ...facts }) {
    const first = observation.samples[0];
    const last = observation.samples.at(-1);
    const window = formatDuration(policy.observation);
    const expected = `over ${window}: ${DATA_FRAMES} grows, newest data frame at most ${formatDuration(policy.freshness)} old, > 0 active tokens; > 0 data frames in archives, written to until the inspection was asked for`;
    if (first === undefined || last === undefined || first === last) {
      return {
        status: 'fail',
        expected,
        observed: `${observation.samples.length} usable scrapes, ${observation.failures.length} failed`,
        reason: `growth cannot be seen from fewer than two scrapes: ${observation.failures.at(-1) ?? 'nothing said why'}`,
      };
    }
    const problems: string[] = [];
    const from = first.metrics.value(DATA_FRAMES);
    const to = last.metrics.value(DATA_FRAMES);
    if (from === null || to === null || !(to > from)) {
      problems.push(`${DATA_FRAMES} did not grow (${from ?? 'absent'} → ${to ?? 'absent'})`);
    }
    const freshness = readFreshness(last, policy.freshness);
    problems.push(...freshness.problems);

    const archives = ofStream(judgedArchives(facts).archives, 'ws_raw');
    const archived = total(archives, (archive) => archive.data_frames);
    if (!(archived > 0)) problems.push(`no data frame in ${archives.length} ws_raw archives`);
    const written = lastWritten(facts.before.report, archives);
    // Asked for, not made: reading many archives takes time in which the recorder goes on.
    const age = written === null ? null : facts.before.requestedAt.getTime() - written;
    if (age === null || !(age <= policy.freshness && age >= -LATEST_WRITE_MS)) {
      problems.push(
        age === null
          ? 'no ws_raw archive, open or closed, was written to'
          : `the newest ws_raw write was ${Math.round(age / 1000)} s before the inspection was asked for`,
      );
    }
    return judged(
      expected,
      `${from ?? 'absent'} → ${to ?? 'absent'} data frames in ${observation.samples.length} scrapes, ${freshness.observed}; ${archived} data frames in ${archives.length} ws_raw archives, last written ${age === null ? 'never' : `${Math.max(0, age / 1000).toFixed(1)} s before the inspection was asked for`}`,
      problems,
      'counters and archives agree that market data arrives',
    );
  },
});
