import { describe, expect, it } from 'vitest';
import { LatencyWatch } from '../../../runtime/polymarket/latency.ts';

describe('throttling', () => {
  it('is seen as answers that come far later than usual', () => {
    const watch = new LatencyWatch();
    for (let cycle = 0; cycle < 5; cycle++) {
      expect(watch.judge([140, 150, 400])).toMatchObject({
        latency: { median: 150, p90: 400, maximum: 400 },
        throttled: false,
      });
    }
    expect(watch.judge([3_000, 3_200])).toMatchObject({ usualMs: 150, throttled: true });
    // It goes on as long as it goes on: what is throttled does not become usual.
    expect(watch.judge([3_000, 3_200])).toMatchObject({ usualMs: 150, throttled: true });
    expect(watch.judge([160])).toMatchObject({ usualMs: 150, throttled: false });
  });

  it('is not called that on a slow moment, on few answers, or on none', () => {
    const watch = new LatencyWatch();
    expect(watch.judge([9_000])).toMatchObject({ usualMs: null, throttled: false });
    expect(watch.judge([])).toEqual({ latency: null, usualMs: null, throttled: false });
    const steady = new LatencyWatch();
    for (let cycle = 0; cycle < 3; cycle++) steady.judge([50]);
    expect(steady.judge([900])).toMatchObject({ usualMs: 50, throttled: false });
  });
});
