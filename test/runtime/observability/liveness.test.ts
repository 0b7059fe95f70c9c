import { describe, expect, it } from 'vitest';
import { liveness, STUCK_AFTER_MS } from '../../../runtime/observability/liveness.ts';

const works = (owedForMs: number, trouble: string | null = null) =>
  liveness({ name: 'frames reach the disk', owedForMs, trouble }).every(({ ok }) => ok);

describe('liveness', () => {
  it('fails for work that waits for minutes without an error', () => {
    expect(works(STUCK_AFTER_MS)).toBe(false);
    expect(liveness({ name: 'w', owedForMs: STUCK_AFTER_MS, trouble: null })[1]?.detail).toContain(
      'stuck for 300 s',
    );
  });

  it('holds for idle and for slow work', () => {
    expect(works(0)).toBe(true);
    expect(works(STUCK_AFTER_MS - 1)).toBe(true);
  });

  it('holds for a disk that refuses, however long: a restart would meet the same disk and lose what waits', () => {
    expect(works(100 * STUCK_AFTER_MS, 'ENOSPC: no space left on device')).toBe(true);
  });
});
