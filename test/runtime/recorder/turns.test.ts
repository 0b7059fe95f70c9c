import { describe, expect, it } from 'vitest';
import { Turns } from '../../../runtime/recorder/turns.ts';

const LIVE = { isLive: true };
const DEAD = { isLive: false };

describe('turns', () => {
  it('keep two starts apart while the first lives', () => {
    let now = 1_000;
    const turns = new Turns(5_000, () => now);
    expect(turns.take([DEAD])).toBe(0);
    now += 1_500;
    expect(turns.take([LIVE])).toBe(3_500);
    now += 3_500;
    expect(turns.take([LIVE])).toBe(0);
    expect(turns.take([DEAD, LIVE])).toBe(5_000);
  });

  it('let a connection start at once when no other lives', () => {
    const turns = new Turns(5_000, () => 0);
    expect(turns.take([DEAD])).toBe(0);
    expect(turns.take([DEAD])).toBe(0);
    expect(turns.take([])).toBe(0);
  });
});
