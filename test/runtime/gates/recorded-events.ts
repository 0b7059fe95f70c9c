import { EventTally } from '../../../runtime/inspector/event-tally.ts';
import { BUCKET_MS, type EventSummary } from '../../../runtime/inspector/summary.ts';
import { gap } from './recorded-run.ts';

export const MARKET = `0x${'7'.repeat(64)}`;

export interface SummaryOptions {
  readonly since: number;
  readonly until: number;
  /** When it is made; rows reach up to then. */
  readonly at: number;
  /** How long a span is. */
  readonly spanMs?: number;
  /** From an event's time stamp to its receipt. */
  readonly latencyMs?: number;
  /** Leaves these events out. */
  readonly without?: (type: string, number: number) => boolean;
}

/** Hundreds of worlds ask for the same minutes, and a summary hashes every event of them. */
const KNOWN = new Map<string, EventSummary>();

/** What an inspector says of a recorder that was connected all the time: five events a second. */
export function summaryOf(options: SummaryOptions): EventSummary {
  if (options.without !== undefined) return summarised(options);
  const key = JSON.stringify(options);
  const summary = KNOWN.get(key) ?? summarised(options);
  KNOWN.set(key, summary);
  return structuredClone(summary);
}

function summarised(options: SummaryOptions): EventSummary {
  const { since, until, at, spanMs = BUCKET_MS, latencyMs = 40, without = () => false } = options;
  const tally = new EventTally(since, until, { bucketMs: spanMs });
  tally.expect(MARKET);
  tally.gap(gap('connect', since - 60_000, 'ws1-1', 1));
  for (let stamp = since - 50_000; stamp + latencyMs < at; stamp += 200) {
    const number = Math.floor(stamp / 200);
    const type = number % 10 === 0 ? 'last_trade_price' : 'price_change';
    if (without(type, number)) continue;
    tally.frame(frameOf(stamp + latencyMs + (number % 7), { event_type: type, n: number }, stamp));
  }
  return {
    schema: 'orderbooks.summary.v1',
    summarised_at: new Date(at).toISOString(),
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    archives: 2,
    ...tally.result(() => null),
  };
}

export function frameOf(receivedAt: number, event: object, stamp: number, connection = 'ws1-1') {
  const text = JSON.stringify({ market: MARKET, ...event, timestamp: String(stamp) });
  return {
    type: 'frame' as const,
    sequence: 0,
    connection_id: connection,
    connection_sequence: 0,
    received_at: new Date(receivedAt).toISOString(),
    received_mono_ns: '0',
    payload_sha256: '',
    raw_text: text,
  };
}
