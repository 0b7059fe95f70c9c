import { z } from 'zod';
import { formatDuration } from '../config/duration.ts';
import { duration } from '../config/schema.ts';
import { comparisonPolicy } from './comparison-policy.ts';

/** Waits that have to end before the run's own deadline, or they could never be waited for. */
const WAITS = [
  'readyTimeout',
  'dataTimeout',
  'observation',
  'uploadTimeout',
  'inspectTimeout',
] as const;

/** Without these nothing is recorded or uploaded, whatever the Stage. */
const BASE_OBJECTS = [
  '/ConfigMap/orderbooks-config-*',
  '/PersistentVolumeClaim/orderbooks-data',
  'apps/Deployment/orderbooks-ws-recorder',
  'batch/CronJob/orderbooks-uploader',
];

/** What a gate demands, from YAML. Unknown keys are errors. */
export const policy = z
  .strictObject({
    /** How long the promoted pod may take to run and be ready. */
    readyTimeout: duration.prefault('5m'),
    /** How long to wait for data: a closed archive, a checkpoint, a later row. */
    dataTimeout: duration.prefault('10m'),
    /** How long the recorder is watched for reconnects and fresh frames. */
    observation: duration.prefault('60s'),
    /** How the canary is compared with production. */
    comparison: comparisonPolicy,
    /** The newest data frame may be at most this old while tokens are active. */
    freshness: duration.prefault('60s'),
    /** A connection that ended must be open again within this time. */
    reconnectWithin: duration.prefault('60s'),
    /** The collector's latest cycle may have ended at most this long ago. */
    cycleAge: duration.prefault('5m'),
    /**
     * Objects that the Stage's render must have brought, `group/kind/name`, the core group being empty; a `*` at the end
     * stands for the hash of a generated name. A test compares the list of each Stage with its render.
     */
    objects: z
      .array(z.string().regex(/^[a-z0-9.]*\/[A-Za-z]+\/[a-z0-9.-]+\*?$/))
      .min(1)
      .default(BASE_OBJECTS),
    /** Share of the REST checkpoints that must have been answered with at least one book. */
    checkpointSuccess: z.number().gt(0).max(1).default(0.8),
    /**
     * `provoke` deletes the pod and judges what is left. `observe` judges the restart that the rollout itself made:
     * for production, where every restart costs frames.
     */
    restart: z.enum(['provoke', 'observe']).default('provoke'),
    /**
     * Whose image inspectors run. `production`: that of production's recorder, so that a release cannot judge itself;
     * the judged one only while production has no recorder at all. `judged`: that of the release under judgement.
     */
    inspector: z.enum(['production', 'judged']).default('judged'),
    /** How long the one-off uploader Job may take. */
    uploadTimeout: duration.prefault('10m'),
    /** How long one inspector Job may take. */
    inspectTimeout: duration.prefault('5m'),
    /** How many runs of a Stage keep their evidence; those that a latest verdict names are kept besides. */
    keepRuns: z.number().int().min(1).max(200).default(20),
    /**
     * The whole run ends here, with evidence. Below the Job's own activeDeadlineSeconds, so that the verifier, not
     * the kubelet, has the last word.
     */
    deadline: duration.prefault('40m'),
  })
  .superRefine((value, context) => {
    const waits = [
      ...WAITS.map((name) => [[name], value[name]] as const),
      [['comparison', 'window'], value.comparison.window] as const,
    ];
    for (const [path, wait] of waits) {
      if (wait < value.deadline) continue;
      context.addIssue({
        code: 'custom',
        path: [...path],
        message: `expected less than the deadline ${formatDuration(value.deadline)}, or the wait could never end`,
      });
    }
  });
export type Policy = z.infer<typeof policy>;

/** Values by their path, such as `comparison.span`: for evidence and for people. */
export function flatPolicy(value: Policy): Readonly<Record<string, string | number>> {
  const flat: Record<string, string | number> = {};
  const add = (path: string, inner: unknown): void => {
    if (Array.isArray(inner)) flat[path] = inner.join(' ');
    else if (typeof inner === 'object' && inner !== null) {
      for (const [key, one] of Object.entries(inner))
        add(path === '' ? key : `${path}.${key}`, one);
    } else if (typeof inner === 'string' || typeof inner === 'number') flat[path] = inner;
  };
  add('', value);
  return flat;
}
