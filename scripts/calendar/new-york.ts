import { type Day, day, lastWeekday, nthWeekday, plus, SUNDAY, yearOf } from './day.ts';

/**
 * Minutes that New York's clocks are behind UTC during the trading hours of a day. By the law, not by a time-zone
 * database, so that the same calendar comes out of every machine; clocks change at 02:00, long before trading begins.
 */
export function minutesBehindUtc(on: Day): number {
  const { from, until } = daylightSaving(yearOf(on));
  return on >= from && on < until ? 240 : 300;
}

/** `HH:MM` in New York as `HH:MM` in UTC, on the same day. */
export function toUtc(on: Day, time: string): string {
  return clock(minutesOf(time) + minutesBehindUtc(on));
}

/** When a UTC day begins, in both zones, for people. */
export function beginning(of: Day): string {
  const eve = plus(of, -1);
  return `${of} 00:00 UTC (${eve} ${clock(24 * 60 - minutesBehindUtc(eve))} New York)`;
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** `HH:MM`; 24:00 is the end of a day. */
export function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** First day of daylight saving time and first day without it. */
function daylightSaving(year: number): { readonly from: Day; readonly until: Day } {
  // Energy Policy Act of 2005, in force from 2007; before it the act of 1986.
  if (year >= 2007) {
    return { from: nthWeekday(year, 3, SUNDAY, 2), until: nthWeekday(year, 11, SUNDAY, 1) };
  }
  if (year >= 1987) {
    return { from: nthWeekday(year, 4, SUNDAY, 1), until: lastWeekday(year, 10, SUNDAY) };
  }
  throw new RangeError(`expected a year from 1987 on, got ${day(year, 1, 1).slice(0, 4)}`);
}
