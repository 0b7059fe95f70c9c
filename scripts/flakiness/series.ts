import { OrderbooksError } from '../../runtime/errors.ts';
import type { TrialRecord } from './record.ts';
import { type Ended, isAsExpected, type Planned, type Trial } from './trial.ts';

export interface SeriesOptions {
  readonly plan: readonly Planned[];
  readonly record: TrialRecord;
  readonly head: string;
  readonly signal: AbortSignal;
  /** Runs one rehearsal to its end; `keep` is told afterwards whether its output is worth keeping. */
  rehearse(planned: Planned): Promise<Ended & { keep(worthIt: boolean): Promise<void> }>;
  now(): Date;
  load(): number;
  progress(line: string): void;
}

/** Exit code of a rehearsal that never began. */
const NOT_REHEARSED = 2;

/**
 * Rehearses what of the plan is not in the record. Throws `INTERRUPTED` when it was stopped, and
 * `FLAKINESS_NOT_REHEARSED` when a rehearsal cannot begin at all, which says nothing about flakiness.
 */
export async function runSeries(options: SeriesOptions): Promise<readonly Trial[]> {
  const { plan, head, signal, rehearse, now, load, progress } = options;
  let { record } = options;
  for (const [index, planned] of plan.entries()) {
    if (record.has(planned)) continue;
    const where = `${index + 1} of ${plan.length}`;
    const startedAt = now();
    const loadThen = load();
    progress(`${where}: ${planned.subject} ${planned.number} …`);
    const { keep, ...ended } = await rehearse(planned);
    if (signal.aborted) {
      await keep(false);
      throw new OrderbooksError(
        'INTERRUPTED',
        `stopped at ${where}; ${record.trials.length} are recorded, and the same command goes on from there`,
      );
    }
    if (ended.exitCode === NOT_REHEARSED) {
      await keep(false);
      throw new OrderbooksError('FLAKINESS_NOT_REHEARSED', ended.summary);
    }
    const asExpected = isAsExpected(planned.subject, ended);
    const durationMs = now().getTime() - startedAt.getTime();
    record = await record.add({
      ...planned,
      ...ended,
      head,
      startedAt: startedAt.toISOString(),
      durationMs,
      load: loadThen,
      asExpected,
    });
    await keep(!asExpected);
    progress(
      `${where}: ${planned.subject} ${planned.number}: ${ended.verdict ?? 'no verdict'} in ${(durationMs / 1000).toFixed(0)} s${asExpected ? '' : `, NOT AS EXPECTED: ${ended.summary}`}`,
    );
  }
  return record.trials.filter((one) =>
    plan.some(({ subject, number }) => subject === one.subject && number === one.number),
  );
}

/** One line for each subject: how many ended as they should, and how long they took. */
export function seriesTable(trials: readonly Trial[]): string {
  const subjects = [...new Set(trials.map(({ subject }) => subject))];
  const rows = subjects.map((subject) => {
    const own = trials.filter((one) => one.subject === subject);
    const good = own.filter(({ asExpected }) => asExpected).length;
    const seconds = own.map(({ durationMs }) => durationMs / 1000).toSorted((a, b) => a - b);
    const median = seconds[Math.floor((seconds.length - 1) / 2)] ?? 0;
    return [
      subject,
      `${good} of ${own.length}`,
      `median ${median.toFixed(0)} s`,
      `longest ${(seconds.at(-1) ?? 0).toFixed(0)} s`,
    ];
  });
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}
