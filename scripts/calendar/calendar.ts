import { type Day, day, days, plus, yearOf } from './day.ts';
import { CalendarError } from './error.ts';
import { type MarketExceptions, NO_EXCEPTIONS } from './exceptions.ts';
import {
  earlyCloses,
  FIRST_YEAR,
  HISTORIC_CLOSURES,
  HISTORIC_EARLY_CLOSES,
  holidays,
  isWeekend,
  LAST_YEAR,
} from './holidays.ts';
import { toUtc } from './new-york.ts';

const OPENS = '09:30';
const CLOSES = '16:00';

/** What stops promotions on one UTC day, if anything does. */
export type CalendarDay =
  | { readonly date: Day; readonly kind: 'closed' }
  | {
      readonly date: Day;
      readonly kind: 'session';
      /** `HH:MM-HH:MM`, UTC. */
      readonly utc: string;
      /** The same in New York. */
      readonly newYork: string;
    }
  | {
      readonly date: Day;
      readonly kind: 'freeze';
      readonly reason: string;
      /** First day after the freeze. */
      readonly until: Day;
    };

export interface Calendar {
  readonly from: Day;
  readonly through: Day;
  readonly marginMinutes: number;
  readonly days: readonly CalendarDay[];
}

/**
 * Regular trading hours of the NYSE for whole years, with what people added.
 *
 * @throws CalendarError CALENDAR_RANGE, or MARKET_EXCEPTIONS_INVALID for an exception that changes nothing
 */
export function buildCalendar(
  years: { readonly first: number; readonly last: number },
  exceptions: MarketExceptions,
): Calendar {
  const { first, last } = years;
  if (!(first >= FIRST_YEAR && last >= first && last <= LAST_YEAR)) {
    throw new CalendarError(
      'CALENDAR_RANGE',
      `expected years from ${FIRST_YEAR} to ${LAST_YEAR} in order, got ${first} to ${last}`,
    );
  }
  refuseIdle(exceptions);
  const rules = new Map(
    Array.from({ length: last - first + 1 }, (_, index) => [first + index, rulesOf(first + index)]),
  );
  const from = day(first, 1, 1);
  const through = day(last, 12, 31);
  const freezes = freezesByDay(exceptions);
  return {
    from,
    through,
    marginMinutes: exceptions.marginMinutes,
    days: days(from, through).map((date): CalendarDay => {
      const freeze = freezes.get(date);
      if (freeze !== undefined) {
        let until = plus(date, 1);
        while (freezes.has(until)) until = plus(until, 1);
        return { date, kind: 'freeze', reason: freeze, until };
      }
      const closes = closingHour(date, rules.get(yearOf(date)), exceptions);
      if (closes === null) return { date, kind: 'closed' };
      return {
        date,
        kind: 'session',
        utc: `${toUtc(date, OPENS)}-${toUtc(date, closes)}`,
        newYork: `${OPENS}-${closes}`,
      };
    }),
  };
}

interface YearRules {
  readonly holidays: ReadonlySet<Day>;
  readonly earlyCloses: ReadonlyMap<Day, string>;
}

function rulesOf(year: number): YearRules {
  return { holidays: holidays(year), earlyCloses: earlyCloses(year) };
}

/** New York time, or null on a day without trading. */
function closingHour(
  date: Day,
  rules: YearRules | undefined,
  { closures, earlyCloses: early }: MarketExceptions,
): string | null {
  if (isWeekend(date) || rules?.holidays.has(date) === true || HISTORIC_CLOSURES.has(date))
    return null;
  if (closures.some((closure) => closure.date === date)) return null;
  return (
    early.find((exception) => exception.date === date)?.closes ??
    HISTORIC_EARLY_CLOSES.get(date) ??
    rules?.earlyCloses.get(date) ??
    CLOSES
  );
}

/** An exception for a day that does not trade anyway is a mistyped date. */
function refuseIdle({ closures, earlyCloses: early }: MarketExceptions): void {
  for (const { date } of [...closures, ...early]) {
    const year = yearOf(date);
    if (year < FIRST_YEAR || closingHour(date, rulesOf(year), NO_EXCEPTIONS) !== null) continue;
    throw new CalendarError(
      'MARKET_EXCEPTIONS_INVALID',
      `expected a trading day, got ${date}, on which the exchange is closed by rule; correct the date or remove the entry`,
    );
  }
}

function freezesByDay({ freezes }: MarketExceptions): ReadonlyMap<Day, string> {
  return new Map(
    freezes.flatMap(({ from, through, reason }) =>
      days(from, through).map((date) => [date, reason] as const),
    ),
  );
}
