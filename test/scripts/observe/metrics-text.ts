/** What the metrics of a recorder say; without one of them it is well. */
export interface Counts {
  readonly frames?: number;
  /** Seconds since the newest data frame. */
  readonly age?: number;
  readonly open?: number;
  readonly tokens?: number;
  readonly lost?: number;
  readonly failed?: number;
}

/** Metrics of a recorder as it exposes them at `atMs`, but for the lines that match `without`. */
export function metricsText(atMs: number, counts: Counts = {}, without?: RegExp): string {
  const { frames = 100, age = 1, open = 2, tokens = 4, lost = 0, failed = 0 } = counts;
  return [
    `frames_total ${frames}`,
    `data_frames_total ${frames}`,
    `last_data_frame_timestamp_seconds ${atMs / 1000 - age}`,
    `connections_open ${open}`,
    `active_tokens ${tokens}`,
    `lost_frames_total ${lost}`,
    'hash_divergences_total 0',
    'divergences_total 0',
    'disconnects_total 0',
    'reconnects_total 0',
    'stalls_total 0',
    'checkpoints_total{result="ok"} 5',
    `checkpoints_total{result="failed"} ${failed}`,
  ]
    .filter((line) => !without?.test(line))
    .map((line) => `orderbooks_recorder_${line}\n`)
    .join('');
}
