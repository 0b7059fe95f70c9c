import { describe, expect, it } from 'vitest';
import { AssetWatch } from '../../../runtime/recorder/asset-watch.ts';

const OPEN = 1_000_000;
const tokens = new Map([
  ['11', { opensAt: OPEN, endsAt: OPEN + 300_000 }],
  ['22', { opensAt: OPEN, endsAt: OPEN + 300_000 }],
  ['future', { opensAt: OPEN + 300_000, endsAt: OPEN + 600_000 }],
]);

/** One look at `ms` after the window opened; both clocks run alike, the connection is older than the window. */
function looker(watch: AssetWatch, seen: Record<string, number>) {
  return (ms: number, connectedAt = -1e9) =>
    watch.look(tokens, (token) => seen[token], OPEN + ms, 5_000 + ms, 5_000 + connectedAt);
}

describe('the watch over single tokens', () => {
  it('counts a token once when it falls silent while others are not, and asks for it again', () => {
    const seen: Record<string, number> = { '11': 5_000, '22': 5_000 };
    const look = looker(new AssetWatch(30_000), seen);
    seen['11'] = 5_000 + 29_000;
    expect(look(29_999)).toEqual({ silent: [], askAgain: [] });
    expect(look(30_000)).toEqual({ silent: ['22'], askAgain: ['22'] });
    seen['11'] = 5_000 + 40_000;
    expect(look(45_000)).toEqual({ silent: [], askAgain: [] });
    seen['11'] = 5_000 + 60_000;
    expect(look(60_000)).toEqual({ silent: [], askAgain: ['22'] });
  });

  it('counts it again only after it was heard', () => {
    const seen: Record<string, number> = { '11': 1e9, '22': 0 };
    const look = looker(new AssetWatch(30_000), seen);
    expect(look(30_000).silent).toEqual(['22']);
    seen['22'] = 5_000 + 31_000;
    expect(look(32_000).silent).toEqual([]);
    expect(look(61_000).silent).toEqual(['22']);
  });

  it('expects nothing before the window opens, or of the time before the connection', () => {
    const look = looker(new AssetWatch(30_000), {});
    expect(look(-1_000).silent).toEqual([]);
    expect(look(29_000).silent).toEqual([]);
    expect(look(40_000, 20_000).silent).toEqual([]);
    expect(look(50_000, 20_000).silent).toEqual(['11', '22']);
  });
});
