import { z } from 'zod';
import { messageOf } from '../thrown.ts';

/**
 * Events of the market websocket (facts/polymarket.md §3), under their wire names. Numbers are texts there and
 * stay texts. Fields that are not listed are dropped from the parsed event; the raw text keeps them.
 */

const text = z.string();
const level = z.object({ price: text, size: text });

const bookEvent = z.object({
  event_type: z.literal('book'),
  market: text,
  asset_id: text,
  /** Milliseconds as decimal text: the book's last change, which may long precede the frame. */
  timestamp: text,
  hash: text,
  bids: z.array(level),
  asks: z.array(level),
  /** Only in the books that answer a subscription. */
  tick_size: text.optional(),
  last_trade_price: text.optional(),
});

const priceChange = z.object({
  asset_id: text,
  price: text,
  /** Absolute size of the level after the change; `0` removes it. */
  size: text,
  side: z.enum(['BUY', 'SELL']),
  /** Hash of this token's whole book after the burst that the change belongs to. */
  hash: text,
  best_bid: text.optional(),
  best_ask: text.optional(),
});

const priceChangeEvent = z.object({
  event_type: z.literal('price_change'),
  market: text,
  timestamp: text,
  price_changes: z.array(priceChange),
});

const lastTradePriceEvent = z.object({
  event_type: z.literal('last_trade_price'),
  market: text,
  asset_id: text,
  price: text,
  size: text.optional(),
  side: text.optional(),
  timestamp: text,
  transaction_hash: text.optional(),
});

const bestBidAskEvent = z.object({
  event_type: z.literal('best_bid_ask'),
  market: text,
  asset_id: text,
  best_bid: text,
  best_ask: text,
  spread: text.optional(),
  timestamp: text,
});

const tickSizeChangeEvent = z.object({
  event_type: z.literal('tick_size_change'),
  market: text,
  asset_id: text,
  old_tick_size: text,
  new_tick_size: text,
  timestamp: text,
});

const newMarketEvent = z.object({
  event_type: z.literal('new_market'),
  market: text,
  slug: text,
  assets_ids: z.array(text),
  outcomes: z.array(text).optional(),
  active: z.boolean().optional(),
  timestamp: text,
});

const marketResolvedEvent = z.object({
  event_type: z.literal('market_resolved'),
  market: text,
  assets_ids: z.array(text),
  winning_asset_id: text,
  winning_outcome: text,
  timestamp: text,
});

const knownEvent = z.discriminatedUnion('event_type', [
  bookEvent,
  priceChangeEvent,
  lastTradePriceEvent,
  bestBidAskEvent,
  tickSizeChangeEvent,
  newMarketEvent,
  marketResolvedEvent,
]);

/** An event of a type, or of a shape, that this version does not know. It is kept, never dropped. */
export interface UnknownEvent {
  readonly event_type: 'unknown';
  /** The type the frame gave, or null when it gave none. */
  readonly seen: string | null;
  readonly reason: string;
  readonly value: unknown;
}

export type BookEvent = Readonly<z.infer<typeof bookEvent>>;
export type PriceChange = Readonly<z.infer<typeof priceChange>>;
export type PriceChangeEvent = Readonly<z.infer<typeof priceChangeEvent>>;
export type LastTradePriceEvent = Readonly<z.infer<typeof lastTradePriceEvent>>;
export type BestBidAskEvent = Readonly<z.infer<typeof bestBidAskEvent>>;
export type TickSizeChangeEvent = Readonly<z.infer<typeof tickSizeChangeEvent>>;
export type NewMarketEvent = Readonly<z.infer<typeof newMarketEvent>>;
export type MarketResolvedEvent = Readonly<z.infer<typeof marketResolvedEvent>>;
export type MarketEvent = Readonly<z.infer<typeof knownEvent>> | UnknownEvent;

/**
 * What a text frame carries: events (none for `[]`), the heartbeat's answer, or a text that is not an object or
 * array of JSON, such as `NO NEW ASSETS`. Data is an event other than `new_market`; `holdsData` says the same of bytes.
 */
export type ParsedFrame =
  | { readonly kind: 'events'; readonly events: readonly MarketEvent[] }
  | { readonly kind: 'pong' }
  | { readonly kind: 'text'; readonly reason: string };

/** Parses any text frame. Arrays may stand anywhere and hold any mix of events. Never throws. */
export function parseFrame(frame: string): ParsedFrame {
  if (frame === 'PONG') return { kind: 'pong' };
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch (error) {
    // Plain texts are part of this protocol, so this is an answer and not a failure.
    return { kind: 'text', reason: messageOf(error) };
  }
  if (Array.isArray(value)) return { kind: 'events', events: value.map(parseEvent) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'events', events: [parseEvent(value)] };
  }
  return {
    kind: 'text',
    reason: `expected an object or an array, got ${value === null ? 'null' : `a ${typeof value}`}`,
  };
}

function parseEvent(value: unknown): MarketEvent {
  const result = knownEvent.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const seen = eventType(value);
  return {
    event_type: 'unknown',
    seen,
    reason: `${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'not a known event'}`,
    value,
  };
}

function eventType(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('event_type' in value)) return null;
  return typeof value.event_type === 'string' ? value.event_type : null;
}
