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
      error: z.string().optional(),
    }),
  ),
  errors: z.array(z.string()),
});
export type UploadManifest = z.infer<typeof uploadManifest>;
