import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrialRecord } from '../../../scripts/flakiness/record.ts';
import { runSeries, type SeriesOptions, seriesTable } from '../../../scripts/flakiness/series.ts';
import { type Ended, planOf } from '../../../scripts/flakiness/trial.ts';

const HEAD = 'c'.repeat(40);
const PLAN = planOf(3, ['drops-frames', 'never-reconnects'], 'both');
const PROMOTED: Ended = { exitCode: 0, verdict: 'PROMOTED', summary: 'promoted' };
const REFUSED: Ended = { exitCode: 1, verdict: 'REFUSED', summary: 'refused' };

let folder: string;
let rehearsed: string[];
let kept: [string, boolean][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-flakiness-'));
  rehearsed = [];
  kept = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function series(
  end: (name: string) => Ended = (name) => (name.startsWith('good') ? PROMOTED : REFUSED),
  options: Partial<SeriesOptions> & { readonly fresh?: boolean } = {},
) {
  let now = Date.parse('2026-11-21T10:00:00Z');
  return runSeries({
    plan: PLAN,
    record: await TrialRecord.open(folder, HEAD, options.fresh === true),
    head: HEAD,
    signal: new AbortController().signal,
    rehearse: async ({ subject, number }) => {
      const name = `${subject}-${number}`;
      rehearsed.push(name);
      now += 60_000;
      return {
        ...end(name),
        keep: async (worthIt) => {
          kept.push([name, worthIt]);
        },
      };
    },
    now: () => new Date(now),
    load: () => 1,
    progress: () => undefined,
    ...options,
  });
}

describe('a series of rehearsals', () => {
  it('takes the good version and the faults in turns, each as often as asked', () => {
    expect(PLAN.map(({ subject, number }) => `${subject}-${number}`)).toEqual([
      'good-1',
      'drops-frames-1',
      'good-2',
      'never-reconnects-1',
      'good-3',
      'drops-frames-2',
    ]);
    expect(planOf(2, ['x'], 'good')).toHaveLength(2);
    expect(planOf(2, ['x'], 'faults').map(({ subject }) => subject)).toEqual(['x', 'x']);
  });

  it('is good if each ended as it should, and says how often and how long', async () => {
    const trials = await series();
    expect(trials.every(({ asExpected }) => asExpected)).toBe(true);
    expect(seriesTable(trials)).toBe(
      [
        'good              3 of 3  median 60 s  longest 60 s',
        'drops-frames      2 of 2  median 60 s  longest 60 s',
        'never-reconnects  1 of 1  median 60 s  longest 60 s',
      ].join('\n'),
    );
    expect(kept.every(([, worthIt]) => !worthIt)).toBe(true);
  });

  it.each<[string, Ended]>([
    ['good-2', REFUSED],
    ['good-2', { ...PROMOTED, verdict: 'FAILED' }],
    ['good-2', { exitCode: null, verdict: null, summary: 'killed' }],
    ['drops-frames-2', PROMOTED],
    ['drops-frames-2', { exitCode: 3, verdict: 'ESCAPED', summary: 'refused by another check' }],
    ['drops-frames-2', { exitCode: 1, verdict: 'FAILED', summary: 'x' }],
  ])('with %s ending as %j is not, and what it left is kept', async (name, ended) => {
    const trials = await series((one) =>
      one === name ? ended : one.startsWith('good') ? PROMOTED : REFUSED,
    );
    expect(trials.filter(({ asExpected }) => !asExpected)).toMatchObject([
      { subject: name.replace(/-\d$/, ''), verdict: ended.verdict },
    ]);
    expect(kept.filter(([, worthIt]) => worthIt)).toEqual([[name, true]]);
  });

  it('that is interrupted goes on where it was, with the trial that was cut short again', async () => {
    const stop = new AbortController();
    const interrupted = series(
      (name) => {
        if (name === 'never-reconnects-1') stop.abort();
        return name.startsWith('good') ? PROMOTED : REFUSED;
      },
      { signal: stop.signal },
    );
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    rehearsed = [];
    expect(await series()).toHaveLength(6);
    expect(rehearsed).toEqual(['never-reconnects-1', 'good-3', 'drops-frames-2']);
    rehearsed = [];
    await series();
    expect(rehearsed).toEqual([]);
    await series(undefined, { fresh: true });
    expect(rehearsed).toHaveLength(6);
  });

  it('ends at once where nothing can be rehearsed', async () => {
    const summary = 'NOT REHEARSED: PROGRAM_MISSING: rclone';
    await expect(series(() => ({ exitCode: 2, verdict: null, summary }))).rejects.toMatchObject({
      code: 'FLAKINESS_NOT_REHEARSED',
      message: summary,
    });
    expect(rehearsed).toHaveLength(1);
  });

  it('does not go on with another commit, nor with a record that is cut off', async () => {
    await series();
    await expect(TrialRecord.open(folder, 'd'.repeat(40), false)).rejects.toMatchObject({
      code: 'FLAKINESS_OTHER_COMMIT',
    });
    appendFileSync(join(folder, 'trials.jsonl'), '{"subject":"go');
    await expect(TrialRecord.open(folder, HEAD, false)).rejects.toThrow(/trials\.jsonl:7: /);
  });
});
