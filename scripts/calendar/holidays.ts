import {
  type Day,
  day,
  FRIDAY,
  lastWeekday,
  MONDAY,
  nthWeekday,
  plus,
  SATURDAY,
  SUNDAY,
  THURSDAY,
  weekday,
} from './day.ts';

/** First year whose holidays these rules give right: every day since is compared with a recorded table in the tests. */
export const FIRST_YEAR = 1990;
/** After this year the rules are a guess: a law may have changed. */
export const LAST_YEAR = 2100;

/** Weekdays of a year on which the NYSE does not trade by rule (NYSE rule 7.2 and its predecessors). */
export function holidays(year: number): ReadonlySet<Day> {
  const found = [
    newYear(year),
    ...(year >= 1998 ? [nthWeekday(year, 1, MONDAY, 3)] : []),
    nthWeekday(year, 2, MONDAY, 3),
    plus(easter(year), -2),
    lastWeekday(year, 5, MONDAY),
    ...(year >= 2022 ? [observed(day(year, 6, 19))] : []),
    observed(day(year, 7, 4)),
    nthWeekday(year, 9, MONDAY, 1),
    nthWeekday(year, 11, THURSDAY, 4),
    observed(day(year, 12, 25)),
  ];
  return new Set(found.filter((holiday) => holiday !== null));
}

/** Days of a year that end early by rule, with the hour in New York. Some may be holidays or weekends: those win. */
export function earlyCloses(year: number): ReadonlyMap<Day, string> {
  const found = new Map<Day, string>();
  const dayAfterThanksgiving = plus(nthWeekday(year, 11, THURSDAY, 4), 1);
  if (year >= 1992) found.set(dayAfterThanksgiving, year === 1992 ? '14:00' : '13:00');
  found.set(day(year, 12, 24), year <= 1992 ? '14:00' : '13:00');
  if (year >= 1995) {
    const independence = weekday(day(year, 7, 4));
    // Until 2012 the day that bridges to the weekend was the short one.
    if (independence === THURSDAY && year <= 2012) found.set(day(year, 7, 5), '13:00');
    else if (independence > MONDAY && independence < SATURDAY) found.set(day(year, 7, 3), '13:00');
  }
  return found;
}

/** Days without trading that no rule gives. */
export const HISTORIC_CLOSURES: ReadonlyMap<Day, string> = new Map([
  ['1994-04-27', 'funeral of President Nixon'],
  ['2001-09-11', 'attacks of 11 September'],
  ['2001-09-12', 'attacks of 11 September'],
  ['2001-09-13', 'attacks of 11 September'],
  ['2001-09-14', 'attacks of 11 September'],
  ['2004-06-11', 'mourning for President Reagan'],
  ['2007-01-02', 'mourning for President Ford'],
  ['2012-10-29', 'hurricane Sandy'],
  ['2012-10-30', 'hurricane Sandy'],
  ['2018-12-05', 'mourning for President G. H. W. Bush'],
  ['2025-01-09', 'mourning for President Carter'],
]);

/** Short days that no rule gives, with their closing hour in New York. */
export const HISTORIC_EARLY_CLOSES: ReadonlyMap<Day, string> = new Map([
  ['1997-12-26', '13:00'],
  ['1999-12-31', '13:00'],
  ['2003-12-26', '13:00'],
]);

/** A holiday on a Saturday is kept on Friday, one on a Sunday on Monday. */
function observed(holiday: Day): Day {
  if (weekday(holiday) === SATURDAY) return plus(holiday, -1);
  return weekday(holiday) === SUNDAY ? plus(holiday, 1) : holiday;
}

/** New Year on a Saturday is not kept at all: the Friday before ends an accounting year. */
function newYear(year: number): Day | null {
  const first = day(year, 1, 1);
  return weekday(first) === SATURDAY ? null : observed(first);
}

/** Easter Sunday, by the arithmetic of the Gregorian calendar (Oudin's form). */
function easter(year: number): Day {
  const century = Math.floor(year / 100);
  const golden = year % 19;
  const correction = Math.floor((century - Math.floor((century - 17) / 25)) / 3);
  let moon = (century - Math.floor(century / 4) - correction + 19 * golden + 15) % 30;
  moon -=
    Math.floor(moon / 28) * (1 - Math.floor(29 / (moon + 1)) * Math.floor((21 - golden) / 11));
  const sunday = (year + Math.floor(year / 4) + moon + 2 - century + Math.floor(century / 4)) % 7;
  const offset = moon - sunday;
  const month = 3 + Math.floor((offset + 40) / 44);
  return day(year, month, offset + 28 - 31 * Math.floor(month / 4));
}

/** Whether the exchange is shut because of the week alone. */
export function isWeekend(of: Day): boolean {
  return weekday(of) === SUNDAY || weekday(of) > FRIDAY;
}
