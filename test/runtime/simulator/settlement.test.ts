import { describe, expect, it } from 'vitest';
import { matchingConnection, settle } from '../../../runtime/simulator/settlement.ts';

const sent = (frames: string, flushed: number | null = frames.length) => ({
  digests: [...frames],
  flushed,
});
const recorded = (frames: string, endedByGap = false, overflowed = 0) => ({
  digests: [...frames],
  endedByGap,
  overflowed,
});

describe('settling', () => {
  it.each([
    ['all is archived', sent('abc'), recorded('abc'), [3, 3, 0, 0, 0]],
    ['the end is in a gap', sent('abcd'), recorded('ab', true), [4, 2, 2, 0, 0]],
    ['the end lacks and no gap says so', sent('abcd'), recorded('ab'), [4, 2, 0, 2, 0]],
    ['a hole is no matter of the last gap', sent('abcd'), recorded('abd', true), [4, 3, 0, 1, 0]],
    ['an overflow explains a hole', sent('abcd'), recorded('ad', false, 2), [4, 2, 2, 0, 0]],
    ['and no more than it counts', sent('abcde'), recorded('ae', false, 2), [5, 2, 2, 1, 0]],
    ['a frame that nobody sent', sent('abc'), recorded('axbc'), [3, 3, 0, 0, 1]],
    ['a frame archived twice', sent('abc'), recorded('abbc'), [3, 3, 0, 0, 1]],
    ['duplicates that were sent', sent('abbc'), recorded('abbc'), [4, 4, 0, 0, 0]],
    ['what never left the process', sent('abcd', 2), recorded('ab'), [2, 2, 0, 0, 0]],
    ['more archived than was flushed', sent('abcd', 2), recorded('abc'), [3, 3, 0, 0, 0]],
    ['nothing archived, and a gap', sent('ab'), recorded('', true), [2, 0, 2, 0, 0]],
  ])('%s', (_what, from, to, expected) => {
    const { sent: total, archived, inGaps, missing, foreign } = settle(from, to);
    expect([total, archived, inGaps, missing, foreign]).toEqual(expected);
  });

  it('finds the connection with most of the frames, and none when it is a coincidence', () => {
    const [one, two] = [sent('pabc'), sent('pdef')];
    expect(matchingConnection([one, two], recorded('pde', true))).toBe(two);
    expect(matchingConnection([one, two], recorded('pxyz'))).toBeNull();
  });

  it('takes of two connections that carry the same changes the one that carried nothing else between them', () => {
    const [all, some] = [sent('axbxcxd'), sent('sabcd')];
    expect(matchingConnection([all, some], recorded('abcd'))).toBe(some);
    expect(matchingConnection([some, all], recorded('axbxc'))).toBe(all);
  });
});
