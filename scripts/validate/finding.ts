import type { Finding } from './report.ts';
import { pageOf, RULES, type RuleName } from './rule-names.ts';
import type { Location } from './source-file.ts';

/** What a rule has to say about a place. */
export interface Draft {
  readonly rule: RuleName;
  readonly at: Location;
  readonly message: string;
  readonly fix: string;
}

/**
 * The findings to report: each with its source line, in the order of the files; the same thing is said once, although
 * a base that several overlays render is looked at several times.
 */
export function findingsOf(
  drafts: Iterable<Draft>,
  textOf: (file: string) => string | undefined,
): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { rule, at, message, fix } of drafts) {
    found.set([rule, at.file, at.line, at.column, message].join('\n'), {
      rule,
      severity: RULES[rule].severity,
      ...at,
      sourceLine: lineOf(textOf(at.file) ?? '', at.line),
      message,
      fix,
      page: pageOf(rule),
    });
  }
  return inOrder([...found.values()]);
}

/** By file, line, column and rule. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(byPlace);
}

/** Longer lines are cut: nobody reads them, and a binary file may be one line. */
const LONGEST_SOURCE_LINE = 400;

function lineOf(text: string, line: number): string {
  return (text.split('\n')[line - 1] ?? '').replace(/\r$/, '').slice(0, LONGEST_SOURCE_LINE);
}

function byPlace(left: Finding, right: Finding): number {
  return (
    compare(left.file, right.file) ||
    left.line - right.line ||
    left.column - right.column ||
    compare(left.rule, right.rule)
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
