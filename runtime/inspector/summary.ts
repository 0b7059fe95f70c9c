import { z } from 'zod';

/** Buckets of events are this long unless told, by the service's own time stamps: both sides cut time at the same instants. */
export const BUCKET_MS = 5000;

const milliseconds = z.number().int().nonnegative();

/** Events of one type of one market in one bucket. */
export const summaryBucket = z.object({
  at: milliseconds,
  type: z.string(),
  /** Different events; one that came twice counts once. */
  count: z.number().int().positive(),
  /** SHA-256 over the sorted ids of all of them, shortened: the order of receipt does not matter. */
  digest: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ids (32 bits of a SHA-256) of those in the sample, sorted, big-endian, base64. */
  ids: z.base64(),
});

/** What `orderbooks inspect --summary` prints: which events a recorder kept, small enough for a log. */
export const eventSummary = z.object({
  schema: z.literal('orderbooks.summary.v1'),
  summarised_at: z.iso.datetime(),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  /** How long a bucket is. */
  bucket_ms: z.number().int().positive().default(BUCKET_MS),
  /** Closed archives and open ones that were read. */
  archives: z.number().int().nonnegative(),
  /** The sample holds the ids whose lowest bits, this many, are zero: 0 is all of them. */
  sample_bits: z.number().int().min(0).max(32),
  /** From the first to the last event of a connection, by the service's time stamps: all between them came, or was lost. */
  covered: z.array(z.object({ from: milliseconds, to: milliseconds })),
  markets: z.array(
    z.object({
      market: z.string(),
      /** When its window opens and ends, if its name tells. */
      opens_at: milliseconds.nullable().default(null),
      ends_at: milliseconds.nullable(),
      /** First receipt of anything about it; null for one that was subscribed and never heard of. */
      first_at: milliseconds.nullable(),
      buckets: z.array(summaryBucket),
    }),
  ),
  /** How many were left out to keep this small, those that end last. */
  markets_omitted: z.number().int().nonnegative().default(0),
  /** Milliseconds from a price change to its receipt, of the changes with the lowest ids. */
  latency_ms: z.array(z.number()),
  problems: z.array(z.string()),
});
export type EventSummary = z.infer<typeof eventSummary>;
export type SummaryBucket = z.infer<typeof summaryBucket>;
