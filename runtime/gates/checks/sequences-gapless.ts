import type { ArchiveReport } from '../../inspector/report.ts';
import { defineCheck } from '../check.ts';
import {
  firstFew,
  JUDGED_FACTS,
  type JudgedArchives,
  judgedArchives,
  ofStream,
  total,
} from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** Number of the first row of a run and stream (runtime/archive/row-queue.ts). */
const FIRST_SEQUENCE = 0;

/** No row is missing: within archives, from one to the next, and per connection. */
export const sequencesGapless = defineCheck({
  id: 'sequences-gapless',
  proves:
    'row sequences count up by one through all archives of a run and frame sequences through each connection, so no frame is missing without a gap row',
  needs: JUDGED_FACTS,
  run(_terms, facts) {
    const { archives, joined, runs } = judgedArchives(facts);
    const problems: string[] = [];
    for (const one of archives) {
      if (one.sequence_breaks !== 0) {
        problems.push(`${one.path}: ${one.sequence_breaks} breaks of the row sequence`);
      }
      if (one.connection_sequence_breaks !== 0) {
        problems.push(
          `${one.path}: ${one.connection_sequence_breaks} breaks of a connection sequence`,
        );
      }
    }
    for (const run of joined) {
      if (run.sequence_breaks + run.connection_sequence_breaks !== 0) {
        problems.push(
          `run ${run.run_id} ${run.stream}: ${run.sequence_breaks} row and ${run.connection_sequence_breaks} connection breaks over ${run.segments} segments`,
        );
      }
    }
    for (const run of runs) problems.push(...breaksBetween(archives, run));
    const rows = total(archives, (archive) => archive.rows);
    if (!(rows > 0)) problems.push('there was no row to count');
    problems.push(...notJoined(archives, joined));
    const lost = archives.reduce(
      (sum, one) => sum + one.gaps.reduce((inner, gap) => inner + (gap.lost_frames ?? 0), 0),
      0,
    );
    const gaps = total(archives, (archive) => archive.gaps.length);
    return judged(
      '> 0 rows, 0 breaks of a row or connection sequence in and between archives of a run',
      `${rows} rows in ${archives.length} archives of ${runs.length} runs, ${problems.length} breaks; ${gaps} gap rows explain ${lost} lost frames`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'no row is missing that no gap row explains',
    );
  },
});

/** What the inspector did not join, it did not compare from one archive to the next. */
function notJoined(archives: readonly ArchiveReport[], joined: JudgedArchives['joined']): string[] {
  const have = new Set(joined.map((run) => `${run.run_id} ${run.stream}`));
  const due = new Set(archives.map((one) => `${one.run_id} ${one.stream}`));
  return [...due]
    .filter((run) => !have.has(run))
    .map((run) => `the inspector did not join run ${run} over its archives`);
}

/** The same joins, counted again here from the archives’ own first and last numbers. */
function breaksBetween(archives: readonly ArchiveReport[], run: string): string[] {
  return (['ws_raw', 'rest_checkpoints'] as const).flatMap((stream) => {
    const own = ofStream(archives, stream).filter((one) => one.run_id === run);
    const numbered = own
      .flatMap(({ path, rows, first_sequence: first, last_sequence: last }) =>
        first === null || last === null ? [] : [{ path, rows, first, last }],
      )
      .sort((a, b) => a.first - b.first);
    const without = own.filter(
      ({ rows, first_sequence: first, last_sequence: last }) =>
        rows > 0 && (first === null || last === null),
    );
    const breaks = numbered.flatMap((one, index) => {
      const previous = numbered[index - 1];
      const found: string[] = [];
      const due = previous === undefined ? FIRST_SEQUENCE : previous.last + 1;
      if (one.first !== due) found.push(`${one.path} begins at ${one.first} instead of ${due}`);
      if (one.last - one.first + 1 !== one.rows) {
        found.push(`${one.path} has ${one.rows} rows numbered ${one.first} to ${one.last}`);
      }
      return found;
    });
    return [
      ...without.map(({ path, rows }) => `${path} has ${rows} rows without a number`),
      ...breaks,
    ];
  });
}
