import { type NewYorkTime, newYorkInstant, newYorkTime } from './new-york.ts';

/** Bitcoin Up/Down markets whose slug follows from the clock (facts/polymarket.md §2, "BTC Up/Down discovery"). */
export const CADENCES = ['5m', '15m', '1h', '4h', '1d'] as const;
export type Cadence = (typeof CADENCES)[number];

/** The time a market is about. Instants are milliseconds since 1970, always whole seconds. */
export interface Window {
  readonly cadence: Cadence;
  readonly slug: string;
  /** Names that the same market has had: without the year, as it was until 2026. */
  readonly otherSlugs?: readonly string[];
  readonly opensAt: number;
  /** First instant after the window; the next window opens then. */
  readonly endsAt: number;
}

const HOUR_MS = 3_600_000;
const SECONDS: Readonly<Record<Cadence, number>> = {
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
};
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;
/** The daily market ends at noon in New York, and the next one begins. */
const NOON = 12;
const FOUR_HOURS = 4;

/**
 * Usual length of a cadence's window in milliseconds; a change of New York's clocks makes single windows of 4h and 1d
 * an hour shorter or longer. `scale` is for a simulator that runs faster than the world: 0.1 makes a 5m window 30
 * seconds long. It must leave whole seconds, because slugs count seconds.
 */
export function windowLength(cadence: Cadence, scale = 1): number {
  // Rounded because 300 * 0.07 is 21.000000000000004.
  return Math.round(SECONDS[cadence] * scale) * 1000;
}

/**
 * The window that opens at `opensAt` (milliseconds, whole seconds), which must be a moment where one of its cadence
 * does. Only 5m and 15m know a scale: the others go by New York's clock.
 */
export function windowOpeningAt(cadence: Cadence, opensAt: number, scale = 1): Window {
  switch (cadence) {
    case '5m':
    case '15m':
      return epochWindow(cadence, opensAt, opensAt + windowLength(cadence, scale));
    case '1h':
      return hourWindow(opensAt);
    case '4h':
      return epochWindow(cadence, opensAt, nextBoundary(opensAt, FOUR_HOURS));
    case '1d':
      return dayWindow(opensAt);
  }
}

/** The window that is open at `at`. A window holds its opening instant and not its end. */
export function windowAt(cadence: Cadence, at: number, scale = 1): Window {
  switch (cadence) {
    case '5m':
    case '15m': {
      const length = windowLength(cadence, scale);
      return windowOpeningAt(cadence, Math.floor(at / length) * length, scale);
    }
    case '1h':
      return hourWindow(Math.floor(at / HOUR_MS) * HOUR_MS);
    case '4h':
      // Four hours of New York's clock: 00:00, 04:00, …. In winter that is 05:00Z, no multiple of four hours in UTC.
      return windowOpeningAt(cadence, boundaryBefore(at, FOUR_HOURS));
    case '1d': {
      const today = newYorkTime(at);
      const noon = newYorkInstant({ ...today, hour: NOON });
      return dayWindow(
        noon <= at ? noon : newYorkInstant({ ...today, day: today.day - 1, hour: NOON }),
      );
    }
  }
}

/** Every window that is open at some moment from `from` to `to` (both included), earliest first. */
export function windowsBetween(cadence: Cadence, from: number, to: number, scale = 1): Window[] {
  const windows: Window[] = [];
  let window = windowAt(cadence, from, scale);
  while (window.opensAt <= to) {
    windows.push(window);
    window = windowOpeningAt(cadence, window.endsAt, scale);
  }
  return windows;
}

/** Every slug under which the market of `window` may be listed, the present form first. */
export function slugsOf(window: Window): readonly string[] {
  return [window.slug, ...(window.otherSlugs ?? [])];
}

function epochWindow(cadence: '5m' | '15m' | '4h', opensAt: number, endsAt: number): Window {
  return { cadence, slug: `btc-updown-${cadence}-${opensAt / 1000}`, opensAt, endsAt };
}

/**
 * The hour on New York's clock that begins at `opensAt`. In the night when the clocks go back two windows have the same
 * slug, and Gamma can list at most one of them: `eventStartTime` says which.
 */
function hourWindow(opensAt: number): Window {
  const { year, month, day, hour } = newYorkTime(opensAt);
  const time = `${hour % 12 === 0 ? 12 : hour % 12}${hour < 12 ? 'am' : 'pm'}-et`;
  const date = `bitcoin-up-or-down-${MONTHS[month - 1]}-${day}`;
  return {
    cadence: '1h',
    slug: `${date}-${year}-${time}`,
    otherSlugs: [`${date}-${time}`],
    opensAt,
    endsAt: opensAt + HOUR_MS,
  };
}

/** From noon to noon in New York, named after the day on which it ends. */
function dayWindow(opensAt: number): Window {
  const before = newYorkTime(opensAt);
  const endsAt = newYorkInstant({ ...before, day: before.day + 1, hour: NOON });
  const { year, month, day } = newYorkTime(endsAt);
  const date = `bitcoin-up-or-down-on-${MONTHS[month - 1]}-${day}`;
  return { cadence: '1d', slug: `${date}-${year}`, otherSlugs: [date], opensAt, endsAt };
}

function boundaryBefore(at: number, hours: number): number {
  const now = newYorkTime(at);
  return newYorkInstant(onGrid(now, hours));
}

function nextBoundary(at: number, hours: number): number {
  const grid = onGrid(newYorkTime(at), hours);
  return newYorkInstant({ ...grid, hour: grid.hour + hours });
}

function onGrid(time: NewYorkTime, hours: number): NewYorkTime {
  return { ...time, hour: Math.floor(time.hour / hours) * hours };
}
