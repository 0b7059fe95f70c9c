import { describe, expect, it } from 'vitest';
import { formatInstant, systemClock } from '../../../runtime/observability/clock.ts';

describe('the clock', () => {
  it('writes microseconds', () => {
    expect(formatInstant(1_795_258_302_000_001)).toBe('2026-11-21T10:51:42.000001Z');
    expect(formatInstant(1_795_258_302_999_999)).toBe('2026-11-21T10:51:42.999999Z');
    expect(formatInstant(1_795_258_303_000_000)).toBe('2026-11-21T10:51:43.000000Z');
    expect(formatInstant(1_795_258_302_000_010)).toBe('2026-11-21T10:51:42.000010Z');
  });

  it('agrees with the system within two milliseconds and never goes back on the way', () => {
    const clock = systemClock();
    let last = 0;
    for (let n = 0; n < 10_000; n++) {
      const micros = clock.wallMicros(clock.mono());
      expect(micros).toBeGreaterThanOrEqual(last);
      last = micros;
    }
    expect(Math.abs(last / 1000 - Date.now())).toBeLessThan(3);
  });
});
