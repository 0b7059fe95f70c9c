import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT_RISK_MS, judgeKills } from '../../scripts/kill-test/judge.ts';
import { killRepeatedly } from '../../scripts/kill-test/kills.ts';
import { waitedSince } from '../../scripts/kill-test/starvation.ts';

/**
 * Invariant 3 of the design, end to end: kill -9 of the real recorder costs at most one second of frames, and never a
 * closed archive; a second in which it is given a processor. The simulator's ledger says what was sent when. `npm run
 * kill-test` does it hundreds of times.
 */

/** How long each run is fed before it is killed: before its first flush, between flushes, and after a rotation. */
const FED_MS = [100, 700, 1_600, 3_100];
/** Slow enough that only the flush brings frames to the disk in time, not the size of what waits. */
const RATE = 20;

let dataRoot: string;
beforeEach(() => {
  dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-kill-'));
});
afterEach(() => rmSync(dataRoot, { recursive: true, force: true }));

describe('kill -9 of the recorder', () => {
  it('costs at most one second of frames and no closed archive, again and again', async () => {
    const session = await killRepeatedly({
      dataRoot,
      moments: FED_MS.map((ms) => ({ after: 'first frame', ms })),
      rate: RATE,
    });
    const verdict = judgeKills(dataRoot, session);
    expect(verdict.violations).toEqual([]);
    expect(verdict.fed).toBe(FED_MS.length);
    expect(session.closed.size).toBeGreaterThan(0);
    expect(verdict.salvaged).toBeGreaterThan(0);
    // Otherwise every frame was younger than a second, and nothing was proven.
    const owed = session.kills.flatMap(({ at, sent, waits }) =>
      sent.filter((frame) => frame.at + waitedSince(waits, frame.at) <= at - AT_RISK_MS),
    );
    expect(owed.length).toBeGreaterThan(20);
    expect(verdict.framesKept).toBeGreaterThanOrEqual(owed.length);
  }, 400_000);
});
