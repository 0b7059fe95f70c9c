import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import type { Inspection, Sample } from '../facts.ts';
import { ofStream } from '../judged-archives.ts';
import { lastWritten } from '../last-written.ts';
import { judged } from '../outcome.ts';

const DATA_FRAMES = 'orderbooks_recorder_data_frames_total';

/** Over the whole window data comes in and reaches the disk. */
export const dataAdvances = defineCheck({
  id: 'data-advances',
  proves:
    'over the whole window, while tokens are active, the count of data frames never stands still for longer than the policy’s freshness, and the time of the newest write advances with it',
  needs: ['promoted', 'windowStart', 'observation', 'before'],
  run({ policy }, { windowStart, observation, before }) {
    const { samples } = observation;
    const longest = longestPause(samples);
    const from = lastWritten(windowStart.report, ofStream(windowStart.report.archives, 'ws_raw'));
    const to = lastWritten(before.report, ofStream(before.report.archives, 'ws_raw'));
    // Between the two looks themselves: how long a Job waited for its turn says nothing about the recorder.
    const passed = inspectedAt(before) - inspectedAt(windowStart);
    const problems: string[] = [];
    if (samples.length < 2) {
      problems.push(
        `${samples.length} usable scrapes: ${observation.failures.at(-1) ?? 'nothing said why'}`,
      );
    }
    const active = samples.filter(
      ({ metrics }) => (metrics.value('orderbooks_recorder_active_tokens') ?? 0) > 0,
    );
    if (active.length < 2) problems.push('tokens were active in fewer than two scrapes');
    // Written so that a count that is none (NaN) is refused too.
    if (!(longest <= policy.freshness)) {
      problems.push(
        `${DATA_FRAMES} ${Number.isFinite(longest) ? `stood still for ${(longest / 1000).toFixed(1)} s` : 'is not always a count'}`,
      );
    }
    if (from === null || to === null) {
      problems.push('no ws_raw archive was written to at the beginning or at the end');
    } else if (!(to - from >= passed - 2 * policy.freshness && to > from)) {
      problems.push(
        `the newest ws_raw write advanced by ${((to - from) / 1000).toFixed(1)} s in ${(passed / 1000).toFixed(1)} s`,
      );
    }
    const count = (sample: Sample | undefined) => sample?.metrics.value(DATA_FRAMES) ?? 'absent';
    return judged(
      `over ${formatDuration(policy.observation)}: active tokens, ${DATA_FRAMES} never still for more than ${formatDuration(policy.freshness)}, newest ws_raw write advancing with the time`,
      `${count(samples[0])} → ${count(samples.at(-1))} data frames in ${samples.length} scrapes, ${observation.failures.length} failed; newest write ${from === null ? 'none' : new Date(from).toISOString()} → ${to === null ? 'none' : new Date(to).toISOString()}`,
      problems,
      'market data arrives and is written all the time',
    );
  },
});

function inspectedAt({ report }: Inspection): number {
  return Date.parse(report.inspected_at);
}

/** The longest time between two scrapes with the same count while tokens are active; Infinity if a count is missing. */
function longestPause(samples: readonly Sample[]): number {
  let longest = 0;
  let since: { readonly at: number; readonly count: number } | null = null;
  for (const { at, metrics } of samples) {
    const tokens = metrics.value('orderbooks_recorder_active_tokens');
    const count = metrics.value(DATA_FRAMES);
    if (tokens === null || count === null || !Number.isFinite(count)) return Infinity;
    // A restart counts from the beginning; what it means is judged by who runs at the end.
    if (since === null || tokens === 0 || count !== since.count)
      since = { at: at.getTime(), count };
    longest = Math.max(longest, at.getTime() - since.at);
  }
  return longest;
}
