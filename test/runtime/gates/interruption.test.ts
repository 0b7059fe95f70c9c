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

  it('takes no notice of a connection that was open for a while beside another', () => {
    expect(interruptions([gap('disconnect', T, 'ws1~1', 0)], END)).toEqual([]);
  });

  it('lets no connection of one slot end what another slot lost', () => {
    const rows = [
      gap('disconnect', T, 'ws1-1', 0),
      gap('connect', T + 1000, 'ws2-1', 1),
      gap('connect', T + 2000, 'ws2-2', 2),
      gap('connect', T + 30_000, 'ws1-2', 3),
    ];
    expect(interruptions(rows, END)).toMatchObject([
      { connectionId: 'ws1-1', recoveredAt: T + 30_000 },
    ]);
  });

  it.each([
    ['a loss that names no slot', null, 'ws2-1'],
    ['a return that names no slot', 'ws1-1', null],
  ])('takes %s for one of any slot', (_what, lost, back) => {
    const rows = [gap('disconnect', T, lost, 0), gap('connect', T + 1000, back, 1)];
    expect(interruptions(rows, END)).toMatchObject([{ recoveredAt: T + 1000 }]);
  });

  it('pairs by slot even when two slots lost their connections at the same recorded moment', () => {
    const found = interruptions(
      [
        since(gap('disconnect', T, 'ws1-1', 0), 'A'),
        since(gap('disconnect', T + 1, 'ws2-1', 1), 'A'),
        since(gap('connect', T + 1000, 'ws2-2', 2), 'A'),
        since(gap('connect', T + 9000, 'ws1-2', 3), 'A'),
      ],
      END,
    );
    expect(found.map((one) => [one.connectionId, one.recoveredAt])).toEqual([
      ['ws1-1', T + 9000],
      ['ws2-1', T + 1000],
    ]);
  });

  it('counts a slot that is refused while another one is lost, and one that never comes back', () => {
    const rows = [
      gap('disconnect', T, 'ws1-1', 0),
      gap('refused', T + 500, 'ws2-1', 1),
      gap('connect', T + 1000, 'ws1-2', 2),
    ];
    expect(interruptions(rows, END)).toMatchObject([
      { reason: 'disconnect', recoveredAt: T + 1000 },
      { reason: 'refused', connectionId: 'ws2-1', recoveredAt: null, endedAt: END },
    ]);
  });
});

function since(row: GapRow, moment: string): GapRow {
  return { ...row, since: moment };
}
