import { describe, expect, it } from 'vitest';
import { checksOf, logsOf } from '../../../runtime/gates/evidence-content.ts';
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
