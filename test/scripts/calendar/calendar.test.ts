import { describe, expect, it } from 'vitest';
import { buildCalendar, type CalendarDay } from '../../../scripts/calendar/calendar.ts';
import { configMapData } from '../../../scripts/calendar/config-map.ts';
import { days, isDay } from '../../../scripts/calendar/day.ts';
import {
  type MarketExceptions,
  NO_EXCEPTIONS,
  parseExceptions,
} from '../../../scripts/calendar/exceptions.ts';

function dayOf(date: string, exceptions: Partial<MarketExceptions> = {}): CalendarDay | undefined {
  const year = Number(date.slice(0, 4));
  const calendar = buildCalendar({ first: year, last: year }, { ...NO_EXCEPTIONS, ...exceptions });
  return calendar.days.find((day) => day.date === date);
}

describe('the sessions calendar', () => {
  it('has an entry for every date of its years, and says how far it goes', () => {
    const data = configMapData(buildCalendar({ first: 2026, last: 2027 }, NO_EXCEPTIONS));
    for (const date of days('2026-01-01', '2027-12-31')) {
      expect(data[date]).toMatch(/^(closed|\d\d:\d\d-\d\d:\d\d)$/);
    }
    expect(data).toMatchObject({ knownFrom: '2026-01-01', knownThrough: '2027-12-31' });
    expect(data['2028-01-01']).toBeUndefined();
  });

  it('keeps holidays that fall on a weekend as the exchange does', () => {
    // 4 July 2026 is a Saturday, 25 December 2022 a Sunday, New Year 2022 a Saturday that nobody keeps.
    expect(dayOf('2026-07-03')?.kind).toBe('closed');
    expect(dayOf('2022-12-26')?.kind).toBe('closed');
    expect(dayOf('2021-12-31')).toMatchObject({ kind: 'session', newYork: '09:30-16:00' });
  });

  it('takes closures, early closes and freezes that people add', () => {
    const reason = 'day of mourning for somebody';
    expect(dayOf('2026-11-20', { closures: [{ date: '2026-11-20', reason }] })?.kind).toBe(
      'closed',
    );
    expect(
      dayOf('2026-11-20', { earlyCloses: [{ date: '2026-11-20', closes: '13:00', reason }] }),
    ).toMatchObject({
      utc: '14:30-18:00',
      newYork: '09:30-13:00',
    });
    const freezes = [
      { from: '2026-11-20', through: '2026-11-21', reason },
      { from: '2026-11-22', through: '2026-11-22', reason },
    ];
    expect(dayOf('2026-11-20', { freezes })).toEqual({
      date: '2026-11-20',
      kind: 'freeze',
      reason,
      until: '2026-11-23',
    });
  });

  it('refuses an exception for a day on which the exchange is closed anyway: a mistyped date', () => {
    const closures = [{ date: '2026-11-21', reason: 'a Saturday, as it happens' }];
    expect(() => dayOf('2026-11-20', { closures })).toThrow(
      /expected a trading day, got 2026-11-21/,
    );
  });

  it('refuses years that its rules do not know', () => {
    expect(() => buildCalendar({ first: 1989, last: 1990 }, NO_EXCEPTIONS)).toThrow(
      /from 1990 to 2100/,
    );
    expect(() => buildCalendar({ first: 2027, last: 2026 }, NO_EXCEPTIONS)).toThrow(/in order/);
  });

  it('knows which days exist', () => {
    expect(isDay('2028-02-29')).toBe(true);
    for (const none of ['2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00:00Z', ''])
      expect(isDay(none)).toBe(false);
  });
});

describe('what people write into market-exceptions.yaml', () => {
  const none = { marginMinutes: 15, closures: [], earlyCloses: [], freezes: [] };
  it.each([
    ['a key that is misspelt', { ...none, freeze: [] }, 'freeze'],
    ['a margin of half a day', { ...none, marginMinutes: 720 }, 'marginMinutes'],
    [
      'a day that does not exist',
      { ...none, closures: [{ date: '2026-02-30', reason: 'day of mourning' }] },
      'closures.0.date',
    ],
    [
      'no reason',
      { ...none, freezes: [{ from: '2026-01-01', through: '2026-01-02', reason: '' }] },
      'freezes.0.reason',
    ],
    [
      'a reason that is an expression',
      {
        ...none,
        freezes: [{ from: '2026-01-01', through: '2026-01-02', reason: 'because ${{ 1 }} so' }],
      },
      'freezes.0.reason',
    ],
    [
      'a freeze that ends before it begins',
      {
        ...none,
        freezes: [{ from: '2026-01-03', through: '2026-01-02', reason: 'review of the data' }],
      },
      'from before through',
    ],
    ['nothing', null, 'expected object'],
  ])('is refused with its place: %s', (_, value, place) => {
    expect(() => parseExceptions(value, 'kargo/market-exceptions.yaml')).toThrow(place);
    expect(() => parseExceptions(value, 'kargo/market-exceptions.yaml')).toThrow(
      /^kargo\/market-exceptions\.yaml: /,
    );
  });
});
