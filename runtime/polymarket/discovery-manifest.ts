import { z } from 'zod';
import { provenance } from '../archive/row.ts';

/** Written below `discovery/` whenever the choice of markets, or the trouble with it, changes. */
export const discoveryManifest = provenance.extend({
  schema: z.literal('orderbooks.discovery-manifest.v1'),
  component: z.enum(['ws-recorder', 'collector']),
  discovered_at: z.string(),
  /** 0 means every market inside the look-ahead. */
  market_limit: z.number().int().nonnegative(),
  cadences: z.array(z.string()),
  look_ahead_ms: z.number(),
  keep_after_end_ms: z.number(),
  found: z.array(
    z.object({
      slug: z.string(),
      condition_id: z.string(),
      outcomes: z.array(z.string()),
      tokens: z.array(z.string()),
      opens_at: z.string(),
      ends_at: z.string(),
    }),
  ),
  /** Slugs of `found` that are recorded. */
  chosen: z.array(z.string()),
  left_out: z.array(z.object({ slug: z.string(), reason: z.string() })),
  problems: z.array(z.string()),
});
export type DiscoveryManifest = z.infer<typeof discoveryManifest>;
