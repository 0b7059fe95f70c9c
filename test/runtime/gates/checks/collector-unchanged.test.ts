import { describe, expect, it } from 'vitest';
import { COLLECTOR_CASES, judgeCollector } from './collector-states.ts';

describe('collector-unchanged', () => {
  it.each(COLLECTOR_CASES.map((one) => [one.stage, one.what, one] as const))(
    'judges of %s: %s',
    (_stage, _what, one) => {
      const { status, reason } = judgeCollector(one);
      expect(status).toBe(one.refused === null ? 'pass' : 'fail');
      if (one.refused !== null) expect(reason).toMatch(one.refused);
    },
  );
});
