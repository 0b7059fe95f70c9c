import { formatDuration } from '../config/duration.ts';
import type { Sample } from './facts.ts';
import { CLOCK_TOLERANCE_MS } from './inspection.ts';
import type { Metrics } from './metrics.ts';

export interface RecorderState {
  readonly problems: readonly string[];
  readonly observed: string;
}

/** Whether a scrape says that tokens are active and that their newest data frame is at most `freshnessMs` old. */
export function readFreshness(sample: Sample, freshnessMs: number): RecorderState {
  const { metrics, at } = sample;
  const tokens = metrics.value('orderbooks_recorder_active_tokens');
  const lastFrame = metrics.value('orderbooks_recorder_last_data_frame_timestamp_seconds');
  const age = lastFrame === null ? null : at.getTime() - lastFrame * 1000;
  const problems: string[] = [];
  if (tokens === null || !(tokens > 0)) {
    problems.push(`${tokens ?? 'no count of'} active tokens: without one nothing is proven`);
  }
  if (age === null || lastFrame === 0) {
    problems.push('no data frame was ever received');
  } else if (!(age <= freshnessMs && age >= -CLOCK_TOLERANCE_MS)) {
    problems.push(
      `the newest data frame is ${(age / 1000).toFixed(1)} s old, more than ${formatDuration(freshnessMs)} or of the future`,
    );
  }
  const shown = age === null || lastFrame === 0 ? 'none' : `${(age / 1000).toFixed(1)} s old`;
  return {
    problems,
    observed: `newest data frame ${shown}, ${tokens ?? 'no count of'} active tokens`,
  };
}

/** Whether a scrape says that at least one websocket is open. */
export function readConnections(metrics: Metrics): RecorderState {
  const open = metrics.value('orderbooks_recorder_connections_open');
  return {
    problems:
      open !== null && open >= 1 ? [] : [`${open ?? 'no count of'} open connections at the end`],
    observed: `${open ?? 'no count of'} open connections`,
  };
}
