import { z } from 'zod';

/** Frames of a client (facts/polymarket.md §3, "Client → server"). Unknown keys are ignored, as there. */
const first = z.object({
  type: z.string().toLowerCase().pipe(z.literal('market')),
  assets_ids: z.array(z.string()),
  custom_feature_enabled: z.boolean().default(false),
  initial_dump: z.boolean().default(true),
});

const later = z.object({
  operation: z.enum(['subscribe', 'unsubscribe']),
  assets_ids: z.array(z.string()),
  custom_feature_enabled: z.boolean().optional(),
});

export type ClientFrame =
  | { readonly kind: 'ping' }
  | {
      readonly kind: 'subscribe';
      readonly tokens: readonly string[];
      readonly custom: boolean | undefined;
      readonly dump: boolean;
      /** False for a change of a subscription that exists. */
      readonly opening: boolean;
    }
  | { readonly kind: 'unsubscribe'; readonly tokens: readonly string[] }
  /** Everything else: the service answers nothing, and the connection stays silent. */
  | { readonly kind: 'ignored' };

export function parseClientFrame(text: string): ClientFrame {
  if (text === 'PING') return { kind: 'ping' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not an error here: the service gives no answer to what it does not understand.
    return { kind: 'ignored' };
  }
  const opening = first.safeParse(value);
  if (opening.success) {
    const { assets_ids: tokens, custom_feature_enabled: custom, initial_dump: dump } = opening.data;
    return { kind: 'subscribe', tokens, custom, dump, opening: true };
  }
  const change = later.safeParse(value);
  if (!change.success) return { kind: 'ignored' };
  const { operation, assets_ids: tokens, custom_feature_enabled: custom } = change.data;
  if (operation === 'unsubscribe') return { kind: 'unsubscribe', tokens };
  return { kind: 'subscribe', tokens, custom, dump: true, opening: false };
}
