import { BAD_COLLECTORS, BAD_SNAPSHOT_UPLOADS } from './of-collectors.ts';
import { BAD_COMPARISONS } from './of-comparisons.ts';
import { BAD_DELIVERIES } from './of-deliveries.ts';
import { BAD_PODS_AND_METRICS } from './of-pods-and-metrics.ts';
import { BAD_WINDOWS } from './of-reliability.ts';
import { BAD_REPORTS } from './of-reports.ts';
import { BAD_RESTARTS_AND_UPLOADS } from './of-restarts-and-uploads.ts';

/** Design §10 invariant 5: no gate passes on absent, empty, stale, truncated or foreign data. */
export const BAD_OBSERVATIONS = [
  ...BAD_PODS_AND_METRICS,
  ...BAD_REPORTS,
  ...BAD_RESTARTS_AND_UPLOADS,
  ...BAD_DELIVERIES,
  ...BAD_COLLECTORS,
  ...BAD_SNAPSHOT_UPLOADS,
  ...BAD_WINDOWS,
  ...BAD_COMPARISONS,
];
