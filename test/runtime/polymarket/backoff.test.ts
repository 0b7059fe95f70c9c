import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../runtime/polymarket/backoff.ts';

describe('backoff', () => {
  it('doubles up to the maximum, in the upper half of each step, and begins anew after a reset', () => {
    const low = new Backoff(100, 1_000, () => 0);
    expect([1, 2, 3, 4, 5, 6].map(() => low.next())).toEqual([50, 100, 200, 400, 500, 500]);
    const high = new Backoff(100, 1_000, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => high.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    high.reset();
    expect(high.next()).toBe(100);
  });

  it('stays finite for ever and never undercuts what the server asks', () => {
    const backoff = new Backoff(100, 1_000, () => 1);
    for (let n = 0; n < 5_000; n++) expect(backoff.next()).toBeLessThanOrEqual(1_000);
    expect(backoff.next(60_000)).toBe(60_000);
  });
});
