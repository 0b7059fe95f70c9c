/** What a clock on a wall in New York shows. `month` counts from 1. */
export interface NewYorkTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 0 to 23. */
  readonly hour: number;
}

const PARTS = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** New York's wall clock at `at` (milliseconds since 1970). */
export function newYorkTime(at: number): NewYorkTime {
  const { year, month, day, hour } = partsOf(at);
  return { year, month, day, hour };
}

/**
 * Milliseconds since 1970 of a full hour on New York's wall clock; hours of 24 and more are those of the next day.
 * Not for the hour that is skipped in spring or comes twice in autumn (1 and 2 o'clock at night).
 */
export function newYorkInstant({ year, month, day, hour }: NewYorkTime): number {
  const wall = Date.UTC(year, month - 1, day, hour);
  // The offset of that moment is not known before the moment is: one step from a guess reaches it.
  const guess = wall - offsetAt(wall);
  return wall - offsetAt(guess);
}

/** How far New York's wall clock is ahead of UTC, in milliseconds: negative. */
function offsetAt(at: number): number {
  const second = Math.floor(at / 1000) * 1000;
  const { year, month, day, hour, minute, second: s } = partsOf(second);
  return Date.UTC(year, month - 1, day, hour, minute, s) - second;
}

function partsOf(at: number) {
  const found = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of PARTS.formatToParts(at)) {
    if (type in found) found[type as keyof typeof found] = Number(value);
  }
  return found;
}
