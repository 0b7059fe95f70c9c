import { describe, expect, it } from 'vitest';
import type { GapRow } from '../../../runtime/archive/row.ts';
import { interruptions } from '../../../runtime/gates/interruption.ts';
import { gap } from './world.ts';

const T = Date.parse('2026-11-21T10:00:00Z');
const END = T + 100_000;

describe('interruptions', () => {
  it('pairs a connect row with the loss whose last recorded moment it names, not with the oldest', () => {
    const found = interruptions(
      [
        since(gap('disconnect', T, 'a', 0), 'A'),
        since(gap('disconnect', T + 1000, 'b', 1), 'B'),
        since(gap('connect', T + 2000, 'c', 2), 'B'),
        since(gap('connect', T + 9000, 'd', 3), 'A'),
      ],
      END,
    );
    expect(found.map((one) => [one.connectionId, one.recoveredAt])).toEqual([
      ['a', T + 9000],
      ['b', T + 2000],
    ]);
  });

  it('lets one connect row end one loss only', () => {
    const rows = [
      gap('disconnect', T, 'a', 0),
      gap('disconnect', T + 1, 'b', 1),
      gap('connect', T + 2, 'c', 2),
    ];
    expect(interruptions(rows, END).filter((one) => one.recoveredAt === null)).toHaveLength(1);
  });

  it('counts a stall and the disconnect it led to once', () => {
    const rows = [gap('stall', T, 'a', 0), gap('disconnect', T + 1, 'a', 1)];
    expect(interruptions([...rows, gap('connect', T + 2, 'b', 2)], END)).toHaveLength(1);
  });

  it('takes a refused attempt for an interruption of its own only when none is open', () => {
    expect(interruptions([gap('refused', T, 'a', 0)], END)).toMatchObject([
      { reason: 'refused', recoveredAt: null, endedAt: END },
    ]);
    const during = [gap('disconnect', T, 'a', 0), gap('refused', T + 1, 'b', 1)];
    expect(interruptions(during, END)).toMatchObject([{ reason: 'disconnect' }]);
  });

  it('says when a shutdown cut a loss short, and reads rows by sequence, not by place', () => {
    const rows = [gap('shutdown', T + 500, null, 1), gap('disconnect', T, 'a', 0)];
    expect(interruptions(rows, END)).toMatchObject([{ recoveredAt: null, endedAt: T + 500 }]);
  });
});

function since(row: GapRow, moment: string): GapRow {
  return { ...row, since: moment };
}
