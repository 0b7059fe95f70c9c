import { expect, test } from 'vitest';
import type { Evidence } from '../../../runtime/gates/evidence.ts';
import { overheadOf } from '../../../scripts/e2e/overhead.ts';
import { evidenceOf } from '../../runtime/gates/evidence-fixture.ts';

const BEGUN = Date.parse('2026-11-21T10:00:00.000Z');
const at = (seconds: number) => new Date(BEGUN + seconds * 1000).toISOString();
const wait = (what: string, from: number, until: number) => ({
  for: what,
  started_at: at(from),
  finished_at: at(until),
});
const job = (created: number, started: number, finished: number, collected: number) => ({
  name: `job-${created}`,
  created_at: at(created),
  container_started_at: at(started),
  container_finished_at: at(finished),
  collected_at: at(collected),
});
const evidence = (of: Pick<Evidence, 'waits' | 'jobs'>): Evidence => ({
  ...evidenceOf('PASS'),
  duration_ms: 100_000,
  ...of,
});

test('what is demanded is told from the rest, and what passes at the same time counts once', () => {
  const waits = [
    wait('observation', 1, 61),
    wait('archives', 1, 11),
    wait('restart', 65, 70),
    wait('archives', 70, 85),
  ];
  expect(overheadOf(evidence({ waits, jobs: [] }))).toMatchObject({
    totalMs: 100_000,
    waits: { observation: 60_000, archives: 25_000, restart: 5_000 },
    demandedMs: 80_000,
    overheadMs: 20_000,
  });
});

test('a Job costs its start, its run and the time until its end is known, as far as nothing demanded passes meanwhile', () => {
  const waits = [wait('observation', 0, 60)];
  const jobs = [job(50, 52, 58, 59), job(60, 62, 65, 66), job(60, 63, 65, 68)];
  expect(overheadOf(evidence({ waits, jobs }))).toMatchObject({
    overheadMs: 40_000,
    podStartMs: 3_000,
    containersMs: 3_000,
    endUnknownMs: 3_000,
  });
});

test('a Job whose container never started was waited for all the time', () => {
  const never = { ...job(10, 0, 0, 40), container_started_at: null, container_finished_at: null };
  expect(overheadOf(evidence({ waits: [], jobs: [never] }))).toMatchObject({
    podStartMs: 30_000,
    containersMs: 0,
    endUnknownMs: 0,
  });
});

test('an older document says nothing about its waits', () => {
  expect(overheadOf(evidence({}))).toBeNull();
});
