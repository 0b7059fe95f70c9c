import { z } from 'zod';
import { duration } from '../config/schema.ts';

/** What a gate demands, from YAML. Unknown keys are errors. */
export const policy = z.strictObject({
  /** How long the promoted pod may take to run and be ready. */
  readyTimeout: duration.prefault('5m'),
  /** How long to wait for data: a closed archive, a checkpoint, a later row. */
  dataTimeout: duration.prefault('10m'),
  /** How long the recorder is watched for reconnects and fresh frames. */
  observation: duration.prefault('60s'),
  /** The newest data frame may be at most this old while tokens are active. */
  freshness: duration.prefault('60s'),
  /** A connection that ended must be open again within this time. */
  reconnectWithin: duration.prefault('60s'),
  /**
   * `provoke` deletes the pod and judges what is left. `observe` judges the restart that the rollout itself made:
   * for production, where every restart costs frames.
   */
  restart: z.enum(['provoke', 'observe']).default('provoke'),
  /** How long the one-off uploader Job may take. */
  uploadTimeout: duration.prefault('10m'),
});
export type Policy = z.infer<typeof policy>;
