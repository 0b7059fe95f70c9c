import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../runtime/simulator/clock.ts';
import { randomOf } from '../../../runtime/simulator/random.ts';
import { Schedule } from '../../../runtime/simulator/schedule.ts';

describe('Schedule', () => {
  it('runs by time, and in the order of planning where times are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const schedule = new Schedule();
        const ran: [number, number][] = [];
        times.forEach((at, index) => {
          schedule.plan(at, (when) => ran.push([when, index]));
        });
        expect(schedule.runUntil(20, Number.POSITIVE_INFINITY)).toBe(true);
        const expected = times
          .map((at, index): [number, number] => [at, index])
          .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
        expect(ran).toEqual(expected);
      }),
    );
  });

  it('stops at its limit and at the given time, and goes on from there', () => {
    const schedule = new Schedule();
    const ran: number[] = [];
    for (const at of [3, 1, 2, 9]) schedule.plan(at, (when) => ran.push(when));
    expect(schedule.runUntil(5, 2)).toBe(false);
    expect(ran).toEqual([1, 2]);
    expect(schedule.runUntil(5, 2)).toBe(true);
    expect(ran).toEqual([1, 2, 3]);
  });

  it('runs what is planned while it runs', () => {
    const schedule = new Schedule();
    const ran: string[] = [];
    schedule.plan(1, () => {
      schedule.plan(2, () => ran.push('planned later'));
    });
    schedule.plan(3, () => ran.push('last'));
    schedule.runUntil(3, 100);
    expect(ran).toEqual(['planned later', 'last']);
  });
});

describe('ManualClock', () => {
  it('runs timers at their own time and not the cancelled ones', () => {
    const clock = new ManualClock(100);
    const ran: number[] = [];
    clock.after(20, () => ran.push(clock.now()));
    clock.after(10, () => {
      ran.push(clock.now());
      clock.after(0, () => ran.push(clock.now() + 0.5));
    });
    clock.after(15, () => ran.push(-1)).cancel();
    clock.advance(20);
    expect(ran).toEqual([110, 110.5, 120]);
    expect(clock.now()).toBe(120);
  });
});

describe('randomOf', () => {
  it('repeats for a seed, differs between seeds, and is even', () => {
    const draw = (seed: string) => {
      const random = randomOf(seed);
      return Array.from({ length: 10_000 }, () => random.next());
    };
    const one = draw('a');
    expect(draw('a')).toEqual(one);
    expect(draw('b')).not.toEqual(one);
    for (const tenth of Array.from({ length: 10 }, (_, index) => index / 10)) {
      const share = one.filter((value) => value >= tenth && value < tenth + 0.1).length / 10_000;
      expect(share).toBeGreaterThan(0.08);
      expect(share).toBeLessThan(0.12);
    }
    const random = randomOf('a');
    const dice = new Set(Array.from({ length: 200 }, () => random.integer(1, 6)));
    expect([...dice].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const mean = Array.from({ length: 10_000 }, () => random.exponential(50));
    expect(mean.reduce((sum, value) => sum + value, 0) / 10_000).toBeCloseTo(50, -1);
  });
});
