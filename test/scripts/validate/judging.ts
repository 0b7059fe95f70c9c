import { findingsOf } from '../../../scripts/validate/finding.ts';
import { type Judgement, type JudgeOptions, judge } from '../../../scripts/validate/judge.ts';
import type { Finding } from '../../../scripts/validate/report.ts';
import { parseSource } from '../../../scripts/validate/source-file.ts';

/** Judges texts as if they were files that no kustomization names. */
export function judgeTexts(
  texts: Readonly<Record<string, string>>,
  options: JudgeOptions = {},
): Judgement & { readonly findings: readonly Finding[] } {
  const files = new Map(
    Object.entries(texts).map(([file, text]) => [file, parseSource(file, text)]),
  );
  const judgement = judge(files, { renders: [], findings: [], named: new Set() }, options);
  return { ...judgement, findings: findingsOf(judgement.drafts, (file) => texts[file]) };
}

/** `rule line:column` of each finding. */
export function briefly(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}
