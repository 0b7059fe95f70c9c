import { describe, expect, it } from 'vitest';
import { checksOf, logsOf, verdictOf } from '../../../runtime/gates/evidence-content.ts';
import type { CheckRecord } from '../../../runtime/gates/run.ts';
import { eachArchive } from './broken-worlds.ts';
import { run } from './run-in-world.ts';
import { SUBJECT, World } from './world.ts';

describe('the logs of a refusal', () => {
  it.each([
    ['ws-smoke', 'ws_raw', /^pod recorder-/],
    ['collector-smoke', 'rest_snapshots', /^pod collector-/],
  ])('are those of the component that %s judged, and of no other', async (gate, stream, source) => {
    const world = new World({ collector: true });
    eachArchive(world, stream, { payload_mismatches: 1 });
    const judged = await run(world, {}, gate);
    const logs = await logsOf(judged, { platform: world, subject: SUBJECT });
    expect(logs).toHaveLength(1);
    expect(logs[0]?.source).toMatch(source);
  });
});

describe('the verdict', () => {
  const record = (id: string, status: CheckRecord['status']): CheckRecord => ({
    ...{ id: id as CheckRecord['id'], status, reason: `because of ${id}` },
    ...{ proves: '', expected: '', observed: '', started_at: null, finished_at: '' },
  });
  const good = record('archives-parse', 'pass');
  const idle = record('collector-unchanged', 'not_applicable');

  it.each([
    ['a check that passed', [good], 'PASS', '1 of 1 checks passed, none refused'],
    [
      'one that passed and one that does not apply',
      [good, idle],
      'PASS',
      '1 of 2 checks passed, none refused; not applicable: collector-unchanged (because of collector-unchanged)',
    ],
    ['none that passed', [idle], 'FAIL', 'no check passed: nothing was proven'],
    ['none at all', [], 'FAIL', 'no check passed: nothing was proven'],
    [
      'one that refuses, before one that was not judged',
      [good, record('restart-writes', 'not_judged'), record('payload-hashes', 'fail')],
      'FAIL',
      'payload-hashes: because of payload-hashes',
    ],
    [
      'one that was not judged',
      [good, record('restart-writes', 'not_judged')],
      'FAIL',
      'not judged: restart-writes',
    ],
  ] as const)('of %s', (_what, checks, verdict, reason) => {
    expect(verdictOf(checks)).toEqual({ verdict, reason });
  });
});

describe('a text of a check', () => {
  const [longest, tooLong] = ['a'.repeat(4000), `${'a'.repeat(4000)}b`];

  it.each([
    ['as it is up to 4000 characters', longest, longest],
    ['cut behind them, which is to be seen', tooLong, `${longest}…`],
  ])('is kept %s', async (_what, reason, kept) => {
    const judged = await run(new World());
    const [first] = judged.checks;
    const checks = [{ ...first, reason } as CheckRecord];
    expect(checksOf({ ...judged, checks })[0]?.reason).toBe(kept);
  });
});
