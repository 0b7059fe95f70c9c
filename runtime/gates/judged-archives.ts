import type { Stream } from '../archive/row.ts';
import type { ArchiveReport, InspectReport } from '../inspector/report.ts';
import type { Seen } from './facts.ts';
import { archivesOfRuns, runsOfPod } from './inspection.ts';

type JoinedRun = InspectReport['runs'][number];

/** What the promoted recorder wrote, before and after its restart. */
export interface JudgedArchives {
  readonly runs: readonly string[];
  /** Oldest first, each as it was when first seen: what a restart does to it is judged by another check. */
  readonly archives: readonly ArchiveReport[];
  /** The same runs as the inspector joined them, first sight of each. */
  readonly joined: readonly JoinedRun[];
  readonly problems: readonly string[];
}

export type JudgedFacts = Pick<Seen, 'promoted' | 'before' | 'restart' | 'after'>;
/** The same list for a check's `needs`. */
export const JUDGED_FACTS = ['promoted', 'before', 'restart', 'after'] as const;

export function judgedArchives({ promoted, before, restart, after }: JudgedFacts): JudgedArchives {
  const pods = [
    promoted.pod.name,
    ...(restart.mode === 'provoke' ? [restart.replacement.name] : []),
  ];
  const reports = [before.report, after.report];
  const runs = unique(
    reports.flatMap((report) => pods.flatMap((pod) => runsOfPod(report, pod))),
    (run) => run,
  );
  const archives = unique(
    reports.flatMap((report) => archivesOfRuns(report, runs)),
    (archive) => archive.path,
  );
  const known = new Set(before.report.archives.map((archive) => archive.path));
  return {
    runs,
    archives,
    joined: unique(
      reports.flatMap((report) => report.runs.filter((run) => runs.includes(run.run_id))),
      (run) => `${run.run_id} ${run.stream}`,
    ),
    problems: unique(
      [
        ...before.report.problems,
        // An archive that was there before and is not afterwards is judged by prior-archive-unchanged.
        ...after.report.problems.filter((text) => ![...known].some((path) => text.includes(path))),
      ],
      (problem) => problem,
    ),
  };
}

export function ofStream(
  archives: readonly ArchiveReport[],
  stream: Stream,
): readonly ArchiveReport[] {
  return archives.filter((archive) => archive.stream === stream);
}

export function total(
  archives: readonly ArchiveReport[],
  count: (archive: ArchiveReport) => number,
): number {
  return archives.reduce((sum, archive) => sum + count(archive), 0);
}

/** At most this many single findings in a sentence; the evidence names every archive anyway. */
const NAMED = 3;

export function firstFew(texts: readonly string[]): string {
  const more = texts.length > NAMED ? `; and ${texts.length - NAMED} more` : '';
  return `${texts.slice(0, NAMED).join('; ')}${more}`;
}

/** The first of each key. */
function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const item of items) if (!seen.has(key(item))) seen.set(key(item), item);
  return [...seen.values()];
}
