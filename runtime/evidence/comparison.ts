import type { Evidence } from '../gates/evidence.ts';
import { elapsed } from './elapsed.ts';

/** One thing that is not the same in two documents. */
export interface Difference {
  readonly what: string;
  readonly first: string;
  readonly second: string;
  /** What the verdict rests on; the rest (times, names of runs) differs between any two runs. */
  readonly weighs: boolean;
}

/** What differs between two verified documents, the weightiest first. */
export function compareEvidence(first: Evidence, second: Evidence): readonly Difference[] {
  const all = [
    differs('verdict', first.verdict, second.verdict, true),
    differs('gate', first.gate, second.gate, true),
    ...compareKeys('subject', first.subject, second.subject),
    ...compareKeys('policy', first.policy ?? {}, second.policy ?? {}),
    ...compareChecks(first, second),
    ...compareKeys('versions', first.versions, second.versions).map(lighter),
    differs('reason', first.reason, second.reason, false),
    differs('duration', elapsed(first.duration_ms), elapsed(second.duration_ms), false),
    ...compareArchives(first, second),
  ];
  const found = all.filter((one) => one.first !== one.second);
  return [...found.filter((one) => one.weighs), ...found.filter((one) => !one.weighs)];
}

/** Lines for people; says so when nothing that weighs differs. */
export function comparisonText(
  first: Evidence,
  second: Evidence,
  differences: readonly Difference[],
): string {
  const weighing = differences.filter((one) => one.weighs);
  const rest = differences.filter((one) => !one.weighs);
  return [
    `first   ${headline(first)}`,
    `second  ${headline(second)}`,
    '',
    weighing.length === 0
      ? 'The same verdict on the same subject by the same policy, with the same outcome of every check.'
      : `${weighing.length} differences that weigh:`,
    ...weighing.flatMap(lines),
    ...(rest.length === 0 ? [] : ['', 'Besides:', ...rest.flatMap(lines)]),
    '',
  ].join('\n');
}

function headline({ verdict, gate, subject, started_at, run }: Evidence): string {
  return `${verdict}  ${gate}  stage ${subject.stage}  ${started_at}  ${run}`;
}

function lines({ what, first, second }: Difference): string[] {
  return [`  ${what}`, `    first   ${first}`, `    second  ${second}`];
}

function compareChecks(first: Evidence, second: Evidence): Difference[] {
  const ids = new Set([...first.checks, ...second.checks].map((check) => check.id));
  return [...ids].flatMap((id) => {
    const [a, b] = [first, second].map((one) => one.checks.find((check) => check.id === id));
    if (a?.status !== b?.status) {
      return [differs(`check ${id}`, outcome(a), outcome(b), true)];
    }
    return [differs(`check ${id}, observed`, a?.observed ?? '', b?.observed ?? '', false)];
  });
}

function outcome(check: Evidence['checks'][number] | undefined): string {
  return check === undefined ? 'not part of it' : `${check.status}: ${check.reason}`;
}

/** An archive that both judged must be the same in both: closed archives never change. */
function compareArchives(first: Evidence, second: Evidence): Difference[] {
  const known = new Map(first.archives.map((archive) => [archive.path, archive]));
  return second.archives.flatMap((archive) => {
    const before = known.get(archive.path);
    return before === undefined || before.close_reason === null
      ? []
      : [differs(`archive ${archive.path}`, before.sha256, archive.sha256, true)];
  });
}

function compareKeys(
  what: string,
  first: Readonly<Record<string, string | number>>,
  second: Readonly<Record<string, string | number>>,
): Difference[] {
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...keys].map((key) =>
    differs(
      `${what} ${key}`,
      String(first[key] ?? '(none)'),
      String(second[key] ?? '(none)'),
      true,
    ),
  );
}

function differs(what: string, first: string, second: string, weighs: boolean): Difference {
  return { what, first, second, weighs };
}

function lighter(difference: Difference): Difference {
  return { ...difference, weighs: false };
}
