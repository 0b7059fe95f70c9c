/** Bitcoin Up/Down markets whose slug follows from the clock (facts/polymarket.md §2, "BTC Up/Down discovery"). */
export const CADENCES = ['5m', '15m'] as const;
export type Cadence = (typeof CADENCES)[number];

const SECONDS: Readonly<Record<Cadence, number>> = { '5m': 300, '15m': 900 };
const SLUG = /^btc-updown-(5m|15m)-(\d{1,12})$/;

/** The time a market is about. Instants are milliseconds since 1970, always whole seconds. */
export interface Window {
  readonly cadence: Cadence;
  readonly slug: string;
  readonly opensAt: number;
  /** First instant after the window; the next window opens then. */
  readonly endsAt: number;
}

/**
 * Length of a cadence's window in milliseconds. `scale` is for a simulator that runs faster than the world:
 * 0.1 makes a 5m window 30 seconds long. It must leave whole seconds, because slugs count seconds.
 */
export function windowLength(cadence: Cadence, scale = 1): number {
  // Rounded because 300 * 0.07 is 21.000000000000004.
  return Math.round(SECONDS[cadence] * scale) * 1000;
}

/** The window whose slug says it opens at `opensAt` (milliseconds, whole seconds). */
export function windowOpeningAt(cadence: Cadence, opensAt: number, scale = 1): Window {
  return {
    cadence,
    slug: `btc-updown-${cadence}-${opensAt / 1000}`,
    opensAt,
    endsAt: opensAt + windowLength(cadence, scale),
  };
}

/** The window that is open at `at`. A window holds its opening instant and not its end. */
export function windowAt(cadence: Cadence, at: number, scale = 1): Window {
  const length = windowLength(cadence, scale);
  return windowOpeningAt(cadence, Math.floor(at / length) * length, scale);
}

/** Every window that is open at some moment from `from` to `to` (both included), earliest first. */
export function windowsBetween(cadence: Cadence, from: number, to: number, scale = 1): Window[] {
  const length = windowLength(cadence, scale);
  const windows: Window[] = [];
  for (let opensAt = Math.floor(from / length) * length; opensAt <= to; opensAt += length) {
    windows.push(windowOpeningAt(cadence, opensAt, scale));
  }
  return windows;
}

/** The window a slug names, or null when it is not the slug of a 5m or 15m Bitcoin market. */
export function parseSlug(slug: string, scale = 1): Window | null {
  const match = SLUG.exec(slug);
  const cadence = CADENCES.find((known) => known === match?.[1]);
  if (cadence === undefined) return null;
  return windowOpeningAt(cadence, Number(match?.[2]) * 1000, scale);
}
