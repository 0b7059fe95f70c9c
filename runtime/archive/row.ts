import { z } from 'zod';

/**
 * Rows of an archive: one JSON object per line, gzip-compressed.
 *
 * Every archive (segment) starts with a `segment` row and, once closed, finishes with an `end` row. The rows
 * between them carry `sequence`, which counts up by one through all segments of a run and stream (the `segment`
 * and `end` rows take no number), so a missing row is visible without the manifest.
 */

export const STREAMS = ['ws_raw', 'rest_checkpoints', 'rest_snapshots'] as const;
export type Stream = (typeof STREAMS)[number];

/** UTC instant, ISO 8601 with microseconds: `2026-11-21T10:11:12.123456Z`. */
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sequence = z.number().int().nonnegative();

/** Who wrote an archive: release and place. */
export const provenance = z.object({
  run_id: z.string(),
  git_sha: z.string(),
  /** Image reference with digest as deployed, empty outside a container. */
  image: z.string(),
  config_sha256: sha256,
  pod: z.string(),
});
export type Provenance = z.infer<typeof provenance>;

export const segmentRow = provenance.extend({
  type: z.literal('segment'),
  schema: z.literal('orderbooks.archive.v1'),
  stream: z.enum(STREAMS),
  segment: z.number().int().positive(),
  opened_at: instant,
});

/** One text frame of a websocket exactly as received. `raw_text` is the payload; its UTF-8 bytes hash to `payload_sha256`. */
export const frameRow = z.object({
  type: z.literal('frame'),
  sequence,
  connection_id: z.string(),
  /** Counts this connection's frames from 0. */
  connection_sequence: sequence,
  received_at: instant,
  /** Nanoseconds of the process's monotonic clock, as decimal text. */
  received_mono_ns: z.string(),
  payload_sha256: sha256,
  raw_text: z.string(),
});

export const GAP_REASONS = [
  'start', // the run begins: nothing was recorded before
  'connect', // a connection is open and subscribed: ends the gap that `since` names
  'refused', // a connection attempt failed
  'disconnect', // an open connection ended
  'stall', // an open connection was silent too long and was dropped
  'overflow', // frames were received and could not be kept; `lost_frames` says how many
  'shutdown', // the run ends on request; `lost_frames` says how many still waited for a disk that took none
  'crash', // found by salvage: the writer died; what came after the last row is lost
] as const;

/** Says that, and why, frames may be missing. */
export const gapRow = z.object({
  type: z.literal('gap'),
  sequence,
  connection_id: z.string().nullable(),
  reason: z.enum(GAP_REASONS),
  /** Last moment known to be recorded on this connection before the gap, or null if there was none. */
  since: instant.nullable(),
  at: instant,
  detail: z.string(),
  lost_frames: z.number().int().nonnegative().optional(),
});

/** One answer of `POST /books`, or the failure to get one. */
export const checkpointRow = z.object({
  type: z.literal('checkpoint'),
  sequence,
  requested_at: instant,
  received_at: instant,
  url: z.string(),
  /** HTTP status; 0 when no answer came. */
  status: z.number().int().nonnegative(),
  token_ids: z.array(z.string()),
  /** Requested tokens that the answer silently left out. */
  omitted: z.array(z.string()),
  payload_sha256: sha256,
  raw_text: z.string(),
  /** The body's bytes where they are no valid UTF-8; `raw_text` then has replacement characters. */
  raw_base64: z.string().optional(),
  /** Cycle of the collector that asked; a recorder's checkpoint has none. */
  cycle_id: z.string().optional(),
  error: z.string().optional(),
});

export const endRow = z.object({
  type: z.literal('end'),
  rows: z.number().int().nonnegative(),
  closed_at: instant,
  reason: z.enum(['rotation', 'shutdown', 'salvaged']),
});

export const archiveRow = z.discriminatedUnion('type', [
  segmentRow,
  frameRow,
  gapRow,
  checkpointRow,
  endRow,
]);

export type SegmentRow = z.infer<typeof segmentRow>;
export type FrameRow = z.infer<typeof frameRow>;
export type GapRow = z.infer<typeof gapRow>;
export type GapReason = (typeof GAP_REASONS)[number];
export type CheckpointRow = z.infer<typeof checkpointRow>;
export type EndRow = z.infer<typeof endRow>;
export type ArchiveRow = z.infer<typeof archiveRow>;
