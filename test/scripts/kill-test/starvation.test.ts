import { describe, expect, it } from 'vitest';
import { judgeKills } from '../../../scripts/kill-test/judge.ts';
import { Starvation, waitedSince } from '../../../scripts/kill-test/starvation.ts';
import { withFolder } from '../../runtime/archive/rows.ts';

const look = (at: number, waitedMs: number) => ({ at, waitedMs });

describe('what a process waited for a processor', () => {
  it('is counted from the moment on, as far as it is sure to have been waited after it', () => {
    const waits = [look(1_000, 100), look(2_000, 700), look(3_000, 1_600)];
    // 1,500 ms were waited in 2,000 ms, at most 200 of them before 1,200.
    expect(waitedSince(waits, 1_200)).toBe(1_300);
    expect(waitedSince(waits, 1_950)).toBe(900);
    expect(waitedSince(waits, 500)).toBe(1_500);
    expect(waitedSince(waits, 4_000)).toBe(0);
    expect(waitedSince([], 0)).toBe(0);
  });

  it.runIf(process.platform === 'linux')('never grows faster than time', () => {
    const [first, last, ...more] = new Starvation(process.pid).stop();
    expect(more).toEqual([]);
    expect(last?.waitedMs).toBeGreaterThanOrEqual(first?.waitedMs ?? Number.POSITIVE_INFINITY);
  });
});

describe('a kill that cost more than a second', () => {
  const losses = (waitedMs: number) =>
    withFolder(async (dataRoot) => {
      const sent = [{ at: 10_000, sha256: 'a' }];
      const waits = [look(10_000, 0), look(11_800, waitedMs)];
      const kills = [{ runId: '', at: 11_800, sent, waits }];
      const verdict = judgeKills(dataRoot, { kills, closed: new Map() });
      return { ...verdict, lost: verdict.violations.filter((text) => text.includes('lost')) };
    });

  it('breaks the invariant, unless the process waited for a processor as much as it was more', async () => {
    expect(await losses(801)).toMatchObject({
      losses: [{ lostMs: 1_800, waitedMs: 801 }],
      lost: [],
    });
    expect((await losses(799)).lost).toEqual([
      expect.stringContaining('1800 ms before the kill, of which its process waited 799 ms'),
    ]);
  });
});
