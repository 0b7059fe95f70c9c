import { describe, expect, it } from 'vitest';
import { DiskDelay } from '../../../runtime/recorder/disk-delay.ts';

function start() {
  const observed: number[] = [];
  const clock = { now: 0 };
  const observe = (...values: (number | object)[]) => {
    observed.push(Number(values.at(-1)));
  };
  const delay = new DiskDelay({ observe }, () => clock.now);
  return { observed, clock, delay };
}

describe('the delay from receipt to disk', () => {
  it('runs from the receipt of a frame to the sync that covers it', () => {
    const { observed, clock, delay } = start();
    delay.taken(7, 1_000);
    clock.now = 1_250;
    expect(delay.oldestMs).toBe(250);
    delay.synced(6);
    expect(observed).toEqual([]);
    clock.now = 1_500;
    delay.synced(7);
    expect(observed).toEqual([0.5]);
    expect(delay.oldestMs).toBe(0);
  });

  it('is measured for every frame of a quiet feed and for one in eight of a busy one', () => {
    const { observed, delay } = start();
    for (let sequence = 0; sequence < 5; sequence++) {
      delay.taken(sequence, 0);
      delay.synced(sequence);
    }
    expect(observed).toHaveLength(5);
    for (let sequence = 5; sequence < 805; sequence++) delay.taken(sequence, 0);
    delay.synced(804);
    expect(observed.length).toBeGreaterThanOrEqual(105);
    expect(observed.length).toBeLessThanOrEqual(107);
  });

  it('holds a bounded number of samples while the disk hangs, the oldest among them', () => {
    const { clock, delay, observed } = start();
    for (let sequence = 0; sequence < 1_000_000; sequence++) delay.taken(sequence, sequence);
    clock.now = 2_000_000;
    expect(delay.oldestMs).toBe(2_000_000);
    delay.synced(1_000_000);
    expect(observed).toHaveLength(65_536);
  });
});
