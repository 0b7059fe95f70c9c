/** A calendar day as `YYYY-MM-DD`: no time, no zone. Sorts as text. */
export type Day = string;

export const SUNDAY = 0;
export const MONDAY = 1;
export const THURSDAY = 4;
export const FRIDAY = 5;
export const SATURDAY = 6;

const DAY_MS = 86_400_000;
const PATTERN = /^\d{4}-\d{2}-\d{2}$/;

/** @param month 1 to 12 */
export function day(year: number, month: number, date: number): Day {
  return new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10);
}

/** Whether a text is a day that exists: `2026-02-30` is none. */
export function isDay(text: string): boolean {
  return PATTERN.test(text) && !Number.isNaN(midnight(text)) && plus(text, 0) === text;
}

export function plus(from: Day, days: number): Day {
  return new Date(midnight(from) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days from one day to another; negative if `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((midnight(to) - midnight(from)) / DAY_MS);
}

export function yearOf(of: Day): number {
  return Number(of.slice(0, 4));
}

/** 0 is Sunday. */
export function weekday(of: Day): number {
  return new Date(midnight(of)).getUTCDay();
}

/** The `count`-th given weekday of a month. */
export function nthWeekday(year: number, month: number, wanted: number, count: number): Day {
  const first = day(year, month, 1);
  return plus(first, ((wanted - weekday(first) + 7) % 7) + 7 * (count - 1));
}

/** The last given weekday of a month. */
export function lastWeekday(year: number, month: number, wanted: number): Day {
  const last = plus(day(year, month + 1, 1), -1);
  return plus(last, -((weekday(last) - wanted + 7) % 7));
}

/** Every day from `first` to `last`, both included. */
export function days(first: Day, last: Day): readonly Day[] {
  return Array.from({ length: daysBetween(first, last) + 1 }, (_, index) => plus(first, index));
}

function midnight(of: Day): number {
  return Date.parse(`${of}T00:00:00Z`);
}
