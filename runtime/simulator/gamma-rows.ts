import { tagsOf } from './frames.ts';
import type { Market } from './market.ts';

/** Series ids as Gamma has them (facts/polymarket.md §2, "BTC Up/Down discovery"). */
export const SERIES = {
  '5m': { id: '10684', slug: 'btc-up-or-down-5m', title: 'BTC Up or Down 5m', recurrence: '5m' },
  '15m': {
    id: '10192',
    slug: 'btc-up-or-down-15m',
    title: 'BTC Up or Down 15m',
    recurrence: '15m',
  },
  // Known by name, two of them not by number (facts/polymarket.md §2).
  '1h': { id: '0', slug: 'btc-up-or-down-hourly', title: 'BTC Up or Down 1h', recurrence: '1h' },
  '4h': { id: '1', slug: 'btc-up-or-down-4h', title: 'BTC Up or Down 4h', recurrence: '4h' },
  '1d': { id: '41', slug: 'btc-up-or-down-daily', title: 'BTC Up or Down 1d', recurrence: '1d' },
} as const;

/** Only `crypto` and `bitcoin` are known to work as `tag_slug`; numbers of tags are invented. */
export function tagRows(market: Market): { id: string; label: string; slug: string }[] {
  return tagsOf(market).map((label, index) => ({
    id: String(index + 21),
    label,
    slug: label.toLowerCase().replaceAll(' ', '-'),
  }));
}

/** A market as it stands inside an event and in `/markets`; `now` in milliseconds. */
export function marketRow(
  market: Market,
  now: number,
  blankTokens = false,
): Record<string, unknown> {
  const { window } = market;
  const closed = now >= market.closedAt;
  const active = now >= market.activeAt;
  // Prices here are minutes old: until it closes, a market shows what it was listed with.
  const prices = closed
    ? [market.winner === 'Up' ? '1' : '0', market.winner === 'Up' ? '0' : '1']
    : ['0.505', '0.495'];
  return {
    id: market.id,
    question: market.question,
    conditionId: market.conditionId,
    slug: window.slug,
    resolutionSource: 'https://data.chain.link/streams/btc-usd-twap-60s-streams',
    // The trap: this is the time of listing, a day before the window.
    startDate: instant(market.listedAt, true),
    endDate: instant(window.endsAt),
    eventStartTime: instant(window.opensAt),
    outcomes: arrayText(['Up', 'Down']),
    outcomePrices: arrayText(prices),
    clobTokenIds: arrayText(blankTokens ? ['', ''] : [market.tokens.Up, market.tokens.Down]),
    active,
    closed,
    archived: false,
    restricted: true,
    enableOrderBook: true,
    acceptingOrders: active && !closed,
    acceptingOrdersTimestamp: instant(market.activeAt),
    orderPriceMinTickSize: 0.01,
    orderMinSize: 5,
    makerBaseFee: 1000,
    takerBaseFee: 1000,
    feesEnabled: true,
    feeType: 'crypto_fees_v2',
    feeSchedule: { exponent: 1, rate: 0.07, takerOnly: true, rebateRate: 0.2 },
    cryptoMarketConfigId: `btc-${window.cadence}-twap-60`,
    negRisk: false,
    clearBookOnStart: false,
    secondsDelay: 0,
    createdAt: instant(market.listedAt, true),
    updatedAt: instant(closed ? market.closedAt : market.listedAt, true),
    ...(closed
      ? { closedTime: instant(market.closedAt), umaResolutionStatus: 'resolved' }
      : undefined),
  };
}

/** A row of `/markets`: it names its event. */
export function marketRowWithEvent(
  market: Market,
  now: number,
  blankTokens = false,
): Record<string, unknown> {
  const { window, eventId } = market;
  const seriesSlug = SERIES[window.cadence].slug;
  return {
    ...marketRow(market, now, blankTokens),
    events: [{ id: eventId, startTime: instant(window.opensAt), seriesSlug }],
  };
}

/** A row of `/events`: it holds its only market. */
export function eventRow(
  market: Market,
  now: number,
  blankTokens = false,
): Record<string, unknown> {
  const { window } = market;
  const row = marketRow(market, now, blankTokens);
  return {
    id: market.eventId,
    ticker: window.slug,
    slug: window.slug,
    title: market.question,
    resolutionSource: row['resolutionSource'],
    startDate: row['startDate'],
    creationDate: row['createdAt'],
    endDate: row['endDate'],
    startTime: instant(window.opensAt),
    active: row['active'],
    closed: row['closed'],
    archived: false,
    restricted: true,
    enableOrderBook: true,
    negRisk: false,
    createdAt: row['createdAt'],
    updatedAt: row['updatedAt'],
    ...(row['closed'] === true ? { closedTime: row['closedTime'] } : undefined),
    seriesSlug: SERIES[window.cadence].slug,
    series: [SERIES[window.cadence]],
    tags: tagRows(market),
    markets: [row],
  };
}

/** Arrays are texts in Gamma, with a space after the comma: `["Up", "Down"]`. */
function arrayText(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
}

/** `2026-08-16T05:00:00Z`, or with microseconds as the listing times have. */
function instant(at: number, fraction = false): string {
  const iso = new Date(at).toISOString();
  return fraction ? iso.replace('Z', '331Z') : iso.replace(/\.\d{3}Z$/, 'Z');
}
