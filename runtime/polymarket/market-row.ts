import type { GammaMarket } from './gamma.ts';
import type { Market } from './market-choice.ts';
import type { Cadence, Window } from './slug.ts';

/** 75 to 78 decimal digits are usual (facts/polymarket.md §2). */
const TOKEN_ID = /^\d{1,78}$/;
/** Names without a year come back every year: what is further away than this is another year's market. */
const SAME_NAME_MS = 7 * 86_400_000;
/** Series hold Bitcoin's markets; a list whose filter was ignored holds everybody's. */
const OURS = /^(?:btc-updown|bitcoin-up-or-down)-/;

/**
 * The market of `row`, whose slug is that of `windows` (several in the night when the clocks go back), or why it
 * cannot be recorded yet. Oddities go to `problems`.
 */
export function marketOfWindow(
  row: GammaMarket,
  windows: readonly Window[],
  problems: string[],
): Market | string {
  // `startDate` is when the market was listed, a day before its window (facts/polymarket.md §2, Traps).
  const start = instantOf(row.eventStartTime);
  const end = instantOf(row.endDate);
  const window = windows.find(({ opensAt }) => opensAt === start) ?? windows[0];
  if (window === undefined) return 'no window has its name';
  const byClock = window.cadence === '5m' || window.cadence === '15m' || window.cadence === '4h';
  const away =
    start === null ? (end === null ? null : end - window.endsAt) : start - window.opensAt;
  if (!byClock && (away === null || Math.abs(away) > SAME_NAME_MS)) {
    if (away !== null)
      return `is another year's: it begins or ends at ${row.eventStartTime ?? row.endDate}`;
    if (row.slug !== window.slug) return 'does not say of which year it is';
  }
  if (window.cadence !== '1d' && start !== null && start !== window.opensAt) {
    problems.push(`${row.slug}: eventStartTime ${row.eventStartTime} is not the time in its slug`);
  }
  return withTokens(row, window);
}

/**
 * The market of `row` with the window that its own times say, for a slug that the clock does not give. Null when it is
 * none of ours or its times make no window (a market of no length was listed once, 2026-03-08); a text when its tokens
 * are missing.
 */
export function marketByTimes(row: GammaMarket, cadence: Cadence): Market | string | null {
  const opensAt = instantOf(row.eventStartTime);
  const endsAt = instantOf(row.endDate);
  if (!OURS.test(row.slug) || opensAt === null || endsAt === null || opensAt >= endsAt) return null;
  return withTokens(row, { cadence, slug: row.slug, opensAt, endsAt });
}

function withTokens(row: GammaMarket, { cadence, opensAt, endsAt }: Window): Market | string {
  const tokens = (row.clobTokenIds ?? []).filter((token) => token !== '');
  if (tokens.length === 0) return 'its token ids are not minted yet';
  if (tokens.length !== row.outcomes.length || !tokens.every((token) => TOKEN_ID.test(token))) {
    return `expected a decimal token id for each of ${row.outcomes.length} outcomes, got ${tokens.join(', ')}`;
  }
  const { slug, conditionId, outcomes } = row;
  return { cadence, slug, opensAt, endsAt, conditionId, outcomes, tokens };
}

function instantOf(text: string | null | undefined): number | null {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
