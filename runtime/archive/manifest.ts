import { z } from 'zod';
import { provenance, STREAMS } from './row.ts';

/** Written beside every closed archive; what it says of the archive never changes. */
export const archiveManifest = provenance.extend({
  schema: z.literal('orderbooks.archive-manifest.v1'),
  stream: z.enum(STREAMS),
  segment: z.number().int().positive(),
  /** Path of the archive relative to the data root, with `/`. */
  path: z.string(),
  opened_at: z.string(),
  closed_at: z.string(),
  close_reason: z.enum(['rotation', 'shutdown', 'salvaged']),
  salvaged: z.boolean(),
  /** Rows between `segment` and `end`. */
  rows: z.number().int().nonnegative(),
  frames: z.number().int().nonnegative(),
  gaps: z.number().int().nonnegative(),
  checkpoints: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  plain_bytes: z.number().int().nonnegative(),
  plain_sha256: z.string(),
  first_sequence: z.number().int().nullable(),
  last_sequence: z.number().int().nullable(),
  first_received_at: z.string().nullable(),
  last_received_at: z.string().nullable(),
  connections: z.array(
    z.object({
      connection_id: z.string(),
      first_sequence: z.number().int(),
      last_sequence: z.number().int(),
      frames: z.number().int(),
    }),
  ),
  /** Token ids subscribed or requested while the segment was open. */
  tokens: z.array(z.string()),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

/** State and counters of one run of a recorder; replaced atomically while the run lasts. */
export const runManifest = provenance.extend({
  schema: z.literal('orderbooks.run-manifest.v1'),
  component: z.enum(['ws-recorder', 'collector']),
  state: z.enum(['running', 'stopped', 'failed']),
  started_at: z.string(),
  updated_at: z.string(),
  stopped_at: z.string().nullable(),
  /** 0 means every market inside the look-ahead. */
  market_limit: z.number().int().nonnegative(),
  markets: z.array(
    z.object({ slug: z.string(), condition_id: z.string(), tokens: z.array(z.string()) }),
  ),
  counters: z.record(z.string(), z.number()),
});
export type RunManifest = z.infer<typeof runManifest>;

/** One cycle of the collector: written when it begins, replaced when it ends, also when it fails or is interrupted. */
export const cycleManifest = provenance.extend({
  schema: z.literal('orderbooks.cycle-manifest.v1'),
  cycle_id: z.string(),
  /** Counts the cycles of a run from 1. */
  cycle: z.number().int().positive(),
  /**
   * `running` of a run that is over means that its process was killed in this cycle; the next run makes `interrupted`
   * of it. `expired` cycles were ended by their deadline.
   */
  state: z.enum(['running', 'completed', 'expired', 'interrupted']),
  /** PASS only for a completed cycle without failure that wrote rows with books. */
  gate_status: z.enum(['PASS', 'FAIL']),
  /** Why it is not PASS; null when it is. */
  reason: z.string().nullable(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  duration_ms: z.number().nonnegative(),
  discovery_ms: z.number().nonnegative(),
  /** 0 means every market inside the look-ahead. */
  market_limit: z.number().int().nonnegative(),
  /** Slugs of the markets that were chosen. */
  markets: z.array(z.string()),
  /** How many known or expected markets were not; the discovery manifest says which and why. */
  markets_left_out: z.number().int().nonnegative(),
  tokens_requested: z.number().int().nonnegative(),
  /** Tokens with a book in an answer. */
  tokens_answered: z.number().int().nonnegative(),
  /** Tokens that good answers left out silently. */
  tokens_omitted: z.number().int().nonnegative(),
  /** Tokens without a good answer. */
  tokens_unanswered: z.number().int().nonnegative(),
  omitted: z.array(
    z.object({
      token_id: z.string(),
      slug: z.string(),
      /** Where the market's window was: before it opens a book may not exist yet, after its end no longer. */
      window: z.enum(['before', 'open', 'after']),
    }),
  ),
  requests: z.number().int().nonnegative(),
  /** Requests that repeated one without a good answer. */
  retries: z.number().int().nonnegative(),
  /** Rows on the disk when the cycle ended. */
  rows_written: z.number().int().nonnegative(),
  /** Rows that waited for the disk then. */
  rows_waiting: z.number().int().nonnegative(),
  /** Rows that could not be kept. */
  rows_lost: z.number().int().nonnegative(),
  /** What failed in the end: discovery, batches, rows. A request that a later one made good is none. */
  failure_count: z.number().int().nonnegative(),
  failures: z.array(z.string()),
  /** Of good answers, from asking to the whole answer; the service throttles by answering late. */
  latency_ms: z.object({ median: z.number(), p90: z.number(), maximum: z.number() }).nullable(),
  /** The usual median of earlier cycles, and whether this cycle was far above it. */
  usual_latency_ms: z.number().nullable(),
  throttled: z.boolean(),
});
export type CycleManifest = z.infer<typeof cycleManifest>;

/** Result of one uploader run. */
export const uploadManifest = z.object({
  schema: z.literal('orderbooks.upload-manifest.v1'),
  upload_id: z.string(),
  /** `NOTHING_TO_UPLOAD` is a success without files; only `UPLOAD_VERIFIED` proves anything. */
  status: z.enum(['UPLOAD_VERIFIED', 'NOTHING_TO_UPLOAD', 'UPLOAD_FAILED']),
  gate_status: z.enum(['PASS', 'FAIL']),
  remote: z.object({ type: z.enum(['rclone', 'directory']), target: z.string() }),
  git_sha: z.string(),
  image: z.string(),
  config_sha256: z.string(),
  pod: z.string(),
  started_at: z.string(),
  finished_at: z.string(),
  minimum_age_ms: z.number().nonnegative(),
  retention_ms: z.number().nonnegative(),
  /** When the run read copies whole: always, before-deletion or never. Absent in manifests of earlier releases. */
  read_back: z.string().optional(),
  files: z.array(
    z.object({
      /** Relative to the data root. */
      path: z.string(),
      bytes: z.number().int().nonnegative(),
      sha256: z.string(),
      /** Object name on the remote, relative to its target. */
      remote_path: z.string(),
      verified: z.boolean(),
      deleted_locally: z.boolean(),
      /** What `verified` rests on: `content`, or the kind of hash that the remote told, such as `md5`. */
      verified_by: z.string().optional(),
      error: z.string().optional(),
    }),
  ),
  errors: z.array(z.string()),
});
export type UploadManifest = z.infer<typeof uploadManifest>;
