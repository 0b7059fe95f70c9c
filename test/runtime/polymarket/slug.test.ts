import { describe, expect, it } from 'vitest';
import {
  parseSlug,
  windowAt,
  windowLength,
  windowOpeningAt,
  windowsBetween,
} from '../../../runtime/polymarket/slug.ts';

const OPEN = Date.parse('2026-08-16T05:00:00Z');

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

  it('lists every window that touches a span, earliest first', () => {
    const opens = (from: number, to: number) =>
      windowsBetween('5m', from, to).map((window) => (window.opensAt - OPEN) / 60_000);
    expect(opens(OPEN, OPEN + 600_000)).toEqual([0, 5, 10]);
    expect(opens(OPEN + 1, OPEN + 599_999)).toEqual([0, 5]);
    expect(opens(OPEN - 1, OPEN - 1)).toEqual([-5]);
    expect(opens(OPEN, OPEN - 300_001)).toEqual([]);
  });

  it('reads back the slugs it makes', () => {
    for (const cadence of ['5m', '15m'] as const) {
      const window = windowOpeningAt(cadence, OPEN);
      expect(parseSlug(window.slug)).toEqual(window);
    }
  });

  it.each([
    'btc-updown-4h-1786856400',
    'eth-updown-5m-1786856400',
    'btc-updown-5m-',
    'btc-updown-5m-1786856400-2',
    'btc-updown-5m-1786856400.5',
    'btc-updown-5m--300',
    '',
  ])('does not take %j for one of them', (slug) => {
    expect(parseSlug(slug)).toBeNull();
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
