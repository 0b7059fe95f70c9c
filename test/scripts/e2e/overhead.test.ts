import { expect, test } from 'vitest';
import { overheadOf } from '../../../scripts/e2e/overhead.ts';
import { evidenceOf } from '../../runtime/gates/evidence-fixture.ts';

const BEGUN = Date.parse('2026-11-21T10:00:00.000Z');
const act = (fact: string, from: number, until: number) => ({
  fact,
  title: fact,
  status: 'done' as const,
  started_at: new Date(BEGUN + from * 1000).toISOString(),
  finished_at: new Date(BEGUN + until * 1000).toISOString(),
  error: null,
});
const evidence = (restart: 'provoke' | 'observe') => ({
  ...evidenceOf('PASS'),
  duration_ms: 100_000,
  policy: { restart },
  acts: [
    act('observation', 1, 61),
    act('before', 61, 75),
    act('restart', 75, 80),
    act('after', 80, 95),
  ],
});
const LOG = [
  '    0.0s  gate ws-smoke of stage canary: sha256:0123',
  '   61.0s  act    wait for closed archives of this pod and inspect them',
  '   71.0s  creating Job orderbooks-inspector-1 in namespace orderbooks-canary',
  '{"schema":"orderbooks.evidence.v1"}',
  '   90.0s  creating Job orderbooks-inspector-2 in namespace orderbooks-canary',
].join('\n');

test('what policy demands to be waited for is told from the rest', () => {
  expect(overheadOf(evidence('provoke'), LOG)).toEqual({
    totalMs: 100_000,
    observationMs: 60_000,
    // 10 s for the archives before the restart, 10 s for those after it.
    archivesMs: 20_000,
    restartMs: 5_000,
    overheadMs: 15_000,
  });
});

test('a policy that only observes restarts demands no wait for one', () => {
  expect(overheadOf(evidence('observe'), LOG)).toMatchObject({
    archivesMs: 10_000,
    restartMs: 0,
    overheadMs: 30_000,
  });
});

test('without the log of the verifier nothing is taken for a wait that cannot be shown', () => {
  expect(overheadOf(evidence('provoke'), '')).toMatchObject({ archivesMs: 0, overheadMs: 35_000 });
});
