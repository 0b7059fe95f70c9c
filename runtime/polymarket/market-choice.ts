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
 * for a discovery that fails once. With a limit, a market that ends this soon no longer takes a place, so that the
 * one after it can be there in time.
 */
export const ROLLOVER_LEAD_MS = 90_000;

/**
 * Which of `known` are recorded at `now` (milliseconds since 1970): windows that open within the look-ahead, are open,
 * or ended at most `keepAfterEnd` ago. A limit takes the current window of each cadence first, in the order of
 * `cadences`, then the windows after them; markets near or past their end ride along when they had a place before.
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

  const places = placesOf(inTime, now, settings);
  const ending = inTime.filter(
    (market) => endsSoon(market, now, settings) && ridesAlong(market, places, chosenBefore, now),
  );
  const chosen = new Set([...places, ...ending]);
  for (const market of inTime) {
    if (chosen.has(market)) continue;
    leftOut.push({
      slug: market.slug,
      reason: `the market limit of ${settings.marketLimit} is taken by others`,
    });
  }
  return { chosen: inTime.filter((market) => chosen.has(market)), leftOut };
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

function placesOf(markets: readonly Market[], now: number, settings: ChoiceSettings): Market[] {
  const turns = new Map<Cadence, number>();
  return markets
    .filter((market) => !endsSoon(market, now, settings))
    .map((market) => {
      const turn = turns.get(market.cadence) ?? 0;
      turns.set(market.cadence, turn + 1);
      return { market, turn };
    })
    .sort((a, b) => a.turn - b.turn || rankOf(a.market, settings) - rankOf(b.market, settings))
    .slice(0, settings.marketLimit)
    .map(({ market }) => market);
}

/** An ending market stays if it was recorded, or if it is still open and its cadence has a place anyway. */
function ridesAlong(
  market: Market,
  places: readonly Market[],
  chosenBefore: ReadonlySet<string>,
  now: number,
): boolean {
  if (chosenBefore.has(market.slug)) return true;
  return market.endsAt > now && places.some((place) => place.cadence === market.cadence);
}

function endsSoon(market: Market, now: number, { windowScale = 1 }: ChoiceSettings): boolean {
  return market.endsAt <= now + ROLLOVER_LEAD_MS * windowScale;
}

function rankOf(market: Market, settings: ChoiceSettings): number {
  return settings.cadences.indexOf(market.cadence);
}
