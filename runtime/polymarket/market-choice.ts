import type { Cadence, Window } from './slug.ts';

/** A market whose token ids are known. */
export interface Market extends Window {
  readonly conditionId: string;
  readonly outcomes: readonly string[];
  /** In the order of `outcomes`. */
  readonly tokens: readonly string[];
}

export interface ChoiceSettings {
  readonly cadences: readonly Cadence[];
  /** Milliseconds. */
  readonly lookAhead: number;
  /** Milliseconds. */
  readonly keepAfterEnd: number;
  /** 0 means no limit. */
  readonly marketLimit: number;
  /** Below 1 only under simulation: the windows are that much shorter than the real ones. */
  readonly windowScale?: number;
}

export interface Choice {
  readonly chosen: readonly Market[];
  readonly leftOut: readonly { readonly slug: string; readonly reason: string }[];
}

/**
 * How long before its window a market must be subscribed: at least 60 s (facts/polymarket.md §2), and half a minute
 * for a discovery that fails once. Under a limit a market this near to its window comes before one that has ended.
 */
export const ROLLOVER_LEAD_MS = 90_000;

/**
 * Which of `known` are recorded at `now` (milliseconds since 1970): windows that open within the look-ahead, are open,
 * or ended at most `keepAfterEnd` ago. A limit is never exceeded. Its places go to the open windows in the order of
 * `cadences`, then to windows that open soon, then to markets that were recorded and have ended, then to later windows.
 * With one place per cadence a market is therefore recorded from the opening of its window to its end and no longer;
 * a second place per cadence gives it the time before and after.
 */
export function chooseMarkets(
  known: Iterable<Market>,
  chosenBefore: ReadonlySet<string>,
  now: number,
  settings: ChoiceSettings,
): Choice {
  const leftOut: { slug: string; reason: string }[] = [];
  const inTime: Market[] = [];
  for (const market of known) {
    const reason = outsideOf(market, now, settings);
    if (reason === null) inTime.push(market);
    else leftOut.push({ slug: market.slug, reason });
  }
  inTime.sort((a, b) => a.opensAt - b.opensAt || rankOf(a, settings) - rankOf(b, settings));
  if (settings.marketLimit === 0) return { chosen: inTime, leftOut };

  const places = new Set(
    inTime
      .map((market) => ({ market, turn: turnOf(market, chosenBefore, now, settings) }))
      .sort((a, b) => a.turn - b.turn || inOneTurn(a.turn, a.market, b.market, settings))
      .slice(0, settings.marketLimit)
      .map(({ market }) => market),
  );
  for (const market of inTime) {
    if (places.has(market)) continue;
    leftOut.push({
      slug: market.slug,
      reason: `the market limit of ${settings.marketLimit} is taken by others`,
    });
  }
  return { chosen: inTime.filter((market) => places.has(market)), leftOut };
}

/** The next moment after `now` at which a window of `known` opens or ends: under a limit, places change hands then. */
export function nextRollover(known: Iterable<Market>, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { opensAt, endsAt } of known) {
    if (opensAt > now) next = Math.min(next, opensAt);
    if (endsAt > now) next = Math.min(next, endsAt);
  }
  return next;
}

function outsideOf(market: Market, now: number, settings: ChoiceSettings): string | null {
  if (!settings.cadences.includes(market.cadence)) {
    return `cadence ${market.cadence} is not configured`;
  }
  if (market.opensAt > now + settings.lookAhead) {
    return `opens ${Math.round((market.opensAt - now) / 1000)} s from now, beyond the look-ahead`;
  }
  if (market.endsAt + settings.keepAfterEnd <= now) {
    return `ended ${Math.round((now - market.endsAt) / 1000)} s ago, longer than it is kept`;
  }
  return null;
}

/** Who is served first when places are few: the lower, the sooner. */
function turnOf(
  market: Market,
  chosenBefore: ReadonlySet<string>,
  now: number,
  { windowScale = 1 }: ChoiceSettings,
): number {
  if (market.opensAt <= now && now < market.endsAt) return 0;
  if (market.opensAt > now) return market.opensAt <= now + ROLLOVER_LEAD_MS * windowScale ? 1 : 3;
  return chosenBefore.has(market.slug) ? 2 : 4;
}

/** Open windows in the order of `cadences`, ended ones the latest first, those to come the soonest first. */
function inOneTurn(turn: number, a: Market, b: Market, settings: ChoiceSettings): number {
  const byRank = rankOf(a, settings) - rankOf(b, settings);
  if (turn === 0) return byRank;
  if (turn === 2 || turn === 4) return b.endsAt - a.endsAt || byRank;
  return a.opensAt - b.opensAt || byRank;
}

function rankOf(market: Market, settings: ChoiceSettings): number {
  return settings.cadences.indexOf(market.cadence);
}
