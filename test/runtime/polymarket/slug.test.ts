import { describe, expect, it } from 'vitest';
import {
  CADENCES,
  type Cadence,
  slugsOf,
  windowAt,
  windowLength,
  windowsBetween,
} from '../../../runtime/polymarket/slug.ts';

const OPEN = Date.parse('2026-08-16T05:00:00Z');
const HOUR = 3_600_000;
/** Clocks go forward on 2026-03-08 at 07:00Z and back on 2026-11-01 at 06:00Z. */
const SPRING = Date.parse('2026-03-08T07:00:00Z');
const AUTUMN = Date.parse('2026-11-01T06:00:00Z');

const utc = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

describe('market windows', () => {
  it('gives the slug of a real market for any moment of its window', () => {
    for (const at of [OPEN, OPEN + 1, OPEN + 299_999]) {
      expect(windowAt('5m', at)).toEqual({
        cadence: '5m',
        slug: 'btc-updown-5m-1786856400',
        opensAt: OPEN,
        endsAt: OPEN + 300_000,
      });
    }
    expect(windowAt('5m', OPEN + 300_000).opensAt).toBe(OPEN + 300_000);
    expect(windowAt('5m', OPEN - 1).opensAt).toBe(OPEN - 300_000);
    expect(windowAt('15m', OPEN + 899_999).slug).toBe('btc-updown-15m-1786856400');
  });

  // Slugs and windows of markets that were listed (facts/polymarket.md §2; public captures of 2025 and 2026).
  it.each<[Cadence, string, string]>([
    ['5m', 'btc-updown-5m-1786856400', '2026-08-16T05:00:00Z'],
    ['5m', 'btc-updown-5m-1790994600', '2026-10-03T02:30:00Z'],
    ['15m', 'btc-updown-15m-1788827400', '2026-09-08T00:30:00Z'],
    ['1h', 'bitcoin-up-or-down-july-7-2026-12am-et', '2026-07-07T04:00:00Z'],
    ['1h', 'bitcoin-up-or-down-may-13-2026-11pm-et', '2026-05-14T03:00:00Z'],
    ['1h', 'bitcoin-up-or-down-january-23-12pm-et', '2026-01-23T17:00:00Z'],
    ['1h', 'bitcoin-up-or-down-january-6-9pm-et', '2026-01-07T02:00:00Z'],
    ['4h', 'btc-updown-4h-1779940800', '2026-05-28T04:00:00Z'],
    ['4h', 'btc-updown-4h-1787083200', '2026-08-18T20:00:00Z'],
    // "December 16, 12:00AM-4:00AM ET": in winter no multiple of four hours in UTC.
    ['4h', 'btc-updown-4h-1765861200', '2025-12-16T05:00:00Z'],
    ['4h', 'btc-updown-4h-1768035600', '2026-01-10T09:00:00Z'],
    ['1d', 'bitcoin-up-or-down-on-september-19-2026', '2026-09-18T16:00:00Z'],
    ['1d', 'bitcoin-up-or-down-on-may-27-2026', '2026-05-26T16:00:00Z'],
    ['1d', 'bitcoin-up-or-down-on-january-31', '2026-01-30T17:00:00Z'],
  ])('finds the %s market %s by the clock', (cadence, slug, opens) => {
    const opensAt = Date.parse(opens);
    const window = windowAt(cadence, opensAt);
    expect(utc(window.opensAt)).toBe(utc(opensAt));
    expect(slugsOf(window)).toContain(slug);
    expect(window.endsAt - window.opensAt).toBe(windowLength(cadence));
    expect(windowAt(cadence, window.endsAt - 1)).toEqual(window);
    expect(slugsOf(windowAt(cadence, opensAt - 1))).not.toContain(slug);
  });

  it('names months, days and hours as New York has them, the year included', () => {
    expect(windowAt('1h', Date.parse('2027-01-01T04:30:00Z')).slug).toBe(
      'bitcoin-up-or-down-december-31-2026-11pm-et',
    );
    expect(windowAt('1d', Date.parse('2026-12-31T18:00:00Z')).slug).toBe(
      'bitcoin-up-or-down-on-january-1-2027',
    );
  });

  it('lists every window that touches a span, earliest first', () => {
    const opens = (from: number, to: number) =>
      windowsBetween('5m', from, to).map((window) => (window.opensAt - OPEN) / 60_000);
    expect(opens(OPEN, OPEN + 600_000)).toEqual([0, 5, 10]);
    expect(opens(OPEN + 1, OPEN + 599_999)).toEqual([0, 5]);
    expect(opens(OPEN - 1, OPEN - 1)).toEqual([-5]);
    expect(opens(OPEN, OPEN - 300_001)).toEqual([]);
  });

  it.each(CADENCES)('leaves no moment of a year without its one window of %s', (cadence) => {
    const length = windowLength(cadence);
    for (const change of [SPRING, AUTUMN, OPEN]) {
      const windows = windowsBetween(cadence, change - 2 * length, change + 2 * length);
      expect(windows.length).toBeGreaterThanOrEqual(4);
      for (const [index, window] of windows.entries()) {
        expect(window.opensAt).toBe(windows[index - 1]?.endsAt ?? window.opensAt);
        expect(windowAt(cadence, window.opensAt)).toEqual(window);
        expect(windowAt(cadence, window.endsAt - 1)).toEqual(window);
      }
    }
  });

  it('shortens windows by a scale and keeps them whole seconds', () => {
    expect(windowLength('5m', 0.1)).toBe(30_000);
    expect(windowLength('15m', 0.07)).toBe(63_000);
    expect(windowAt('5m', OPEN + 31_000, 0.1)).toEqual({
      cadence: '5m',
      slug: 'btc-updown-5m-1786856430',
      opensAt: OPEN + 30_000,
      endsAt: OPEN + 60_000,
    });
  });
});

describe('when the clocks go forward', () => {
  it('skips the hour that New York does not have', () => {
    const slugs = windowsBetween('1h', SPRING - HOUR, SPRING).map(({ slug }) => slug);
    expect(slugs).toEqual([
      'bitcoin-up-or-down-march-8-2026-1am-et',
      'bitcoin-up-or-down-march-8-2026-3am-et',
    ]);
  });

  it('keeps the grid of four hours and noon, so one window of each is an hour shorter', () => {
    expect(spans('4h', SPRING)).toEqual(['2026-03-08 05:00', '2026-03-08 08:00']);
    expect(spans('1d', SPRING)).toEqual(['2026-03-07 17:00', '2026-03-08 16:00']);
  });
});

describe('when the clocks go back', () => {
  it('gives both hours their one name: Gamma can list one of them at most', () => {
    const windows = windowsBetween('1h', AUTUMN - HOUR, AUTUMN + HOUR);
    expect(windows.map(({ slug }) => slug)).toEqual([
      'bitcoin-up-or-down-november-1-2026-1am-et',
      'bitcoin-up-or-down-november-1-2026-1am-et',
      'bitcoin-up-or-down-november-1-2026-2am-et',
    ]);
  });

  it('keeps the grid of four hours and noon, so one window of each is an hour longer', () => {
    expect(spans('4h', AUTUMN)).toEqual(['2026-11-01 04:00', '2026-11-01 09:00']);
    expect(spans('1d', AUTUMN)).toEqual(['2026-10-31 16:00', '2026-11-01 17:00']);
  });
});

function spans(cadence: Cadence, at: number): string[] {
  const { opensAt, endsAt } = windowAt(cadence, at);
  return [utc(opensAt), utc(endsAt)];
}
