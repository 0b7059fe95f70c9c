import { z } from 'zod';
import { cycleManifest, runManifest, uploadManifest } from '../archive/manifest.ts';
import { gapRow, STREAMS } from '../archive/row.ts';

/** What was found in one archive file. Every count is of what was really read, never of what a manifest says. */
export const archiveReport = z.object({
  /** Relative to the data root. */
  path: z.string(),
  stream: z.enum(STREAMS),
  run_id: z.string().nullable(),
  git_sha: z.string().nullable(),
  image: z.string().nullable(),
  bytes: z.number(),
  sha256: z.string(),
  plain_sha256: z.string(),
  /** Rows between `segment` and `end`. */
  rows: z.number(),
  frames: z.number(),
  /** Frames that hold market data: not PONG and the like. */
  data_frames: z.number(),
  checkpoints: z.number(),
  /** Checkpoints answered with status 200 and at least one book. */
  good_checkpoints: z.number(),
  gaps: z.array(gapRow),
  first_sequence: z.number().nullable(),
  last_sequence: z.number().nullable(),
  first_received_at: z.string().nullable(),
  last_received_at: z.string().nullable(),
  /** True if gzip, rows and the `end` row are all whole. */
  complete: z.boolean(),
  close_reason: z.enum(['rotation', 'shutdown', 'salvaged']).nullable(),
  /** Rows whose payload does not hash to `payload_sha256`. */
  payload_mismatches: z.number(),
  /** Rows whose sequence is not the one before plus one. */
  sequence_breaks: z.number(),
  /** Frames whose connection sequence skips or repeats. */
  connection_sequence_breaks: z.number(),
  manifest: z.enum(['match', 'mismatch', 'missing']),
  /** What is wrong, in words, with a line number where there is one. Empty when nothing is. */
  errors: z.array(z.string()),
});
export type ArchiveReport = z.infer<typeof archiveReport>;

/** The one JSON document that `orderbooks inspect --json` prints. */
export const inspectReport = z.object({
  schema: z.literal('orderbooks.inspect.v1'),
  inspected_at: z.string(),
  data_root: z.string(),
  /** Closed archives that were read, oldest first. */
  archives: z.array(archiveReport),
  /** Archives still being written. */
  open: z.array(z.object({ path: z.string(), bytes: z.number(), modified_at: z.string() })),
  /** Runs joined over their segments, oldest first: breaks between one segment and the next. */
  runs: z.array(
    z.object({
      run_id: z.string(),
      stream: z.enum(STREAMS),
      segments: z.number(),
      frames: z.number(),
      sequence_breaks: z.number(),
      connection_sequence_breaks: z.number(),
    }),
  ),
  run_manifests: z.array(runManifest),
  /** Newest cycles of collectors, oldest first. Inspectors of earlier releases do not know them. */
  cycle_manifests: z.array(cycleManifest).default([]),
  upload_manifests: z.array(uploadManifest),
  /** Files of one upload as they are on the remote now; present only when asked for. */
  remote: z
    .array(
      z.object({
        path: z.string(),
        remote_path: z.string(),
        expected_sha256: z.string(),
        observed_sha256: z.string().nullable(),
        error: z.string().optional(),
      }),
    )
    .optional(),
  /** The upload that `remote` is about: the newest with files, or the one that was asked for; null if there is none. */
  remote_upload_id: z.string().nullable().optional(),
  /** What could not be read at all, and links that lead out of the raw folder. */
  problems: z.array(z.string()),
});
export type InspectReport = z.infer<typeof inspectReport>;
