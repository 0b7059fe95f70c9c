import { expect, test } from 'vitest';
import type { Sample } from '../../../runtime/gates/facts.ts';
import { parseMetrics } from '../../../runtime/gates/metrics.ts';
import { judgeObservation } from '../../../scripts/observe/judge.ts';
import { tableHead, tableLine } from '../../../scripts/observe/table.ts';
import { type Counts, metricsText } from './metrics-text.ts';

const START = Date.parse('2026-11-20T12:00:00Z');
const LIMITS = { freshnessMs: 60_000, reconnectWithinMs: 30_000 };

/** A scrape `seconds` after the start; without counts a recorder that is well. */
function scrape(seconds: number, counts: Counts = {}, without?: RegExp): Sample {
  const at = START + seconds * 1000;
  const text = metricsText(at, { frames: 100 + seconds, ...counts }, without);
  return { at: new Date(at), metrics: parseMetrics(text) };
}

function problems(samples: readonly Sample[], failures: readonly string[] = []) {
  const [startedAt, endedAt] = [new Date(START), new Date(START + 300_000)];
  return judgeObservation({ startedAt, endedAt, samples, failures }, LIMITS)
    .filter(({ problem }) => problem !== null)
    .map(({ what }) => what);
}

test('a recorder that is well in every poll has nothing against it', () => {
  expect(problems([scrape(0), scrape(5), scrape(10)])).toEqual([]);
});

test.each<readonly [string, readonly Sample[], string]>([
  [
    'frames that stand still',
    [scrape(0, { frames: 7 }), scrape(61, { frames: 7 })],
    'data frames advance',
  ],
  ['an outage at the end', [scrape(0), scrape(5, { open: 0 })], 'outages recover'],
  [
    'an outage that lasts too long',
    [scrape(0), scrape(5, { open: 0 }), scrape(40, { open: 0 }), scrape(45)],
    'outages recover',
  ],
  [
    'counters that fall',
    [scrape(0), scrape(5, { frames: 1 }), scrape(10, { frames: 200 })],
    'no restart',
  ],
  ['a lost frame', [scrape(0), scrape(5, { lost: 1 })], 'no lost frames'],
  ['a failed checkpoint', [scrape(0), scrape(5, { failed: 1 })], 'checkpoints succeed'],
  ['no active token', [scrape(0), scrape(5, { tokens: 0 })], 'outages recover'],
  ['old data', [scrape(0), scrape(5, { age: 61 })], 'outages recover'],
  [
    'a counter that is not exposed',
    [scrape(0, {}, /lost/), scrape(5, {}, /lost/)],
    'no lost frames',
  ],
])('%s is told', (_name, samples, what) => {
  expect(problems(samples)).toContain(what);
});

test('an outage that ends in time is none', () => {
  expect(
    problems([scrape(0), scrape(5, { open: 0 }), scrape(20, { open: 0 }), scrape(25)]),
  ).toEqual([]);
});

test('no answer at all passes nothing that it could speak for', () => {
  expect(problems([], ['PLATFORM_UNREACHABLE'])).toEqual(
    expect.arrayContaining([
      'metrics answer',
      'data frames advance',
      'outages recover',
      'checkpoints succeed',
      'no lost frames',
    ]),
  );
});

test('every line of the table has the columns of its head', () => {
  const line = tableLine(scrape(10), scrape(5));
  expect(line).toHaveLength(tableHead().length);
  expect(line).toContain(' 1.0 ');
});
