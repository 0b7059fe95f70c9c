import { join, relative, sep } from 'node:path';
import { type AnnotationProperties, error, notice, summary, warning } from '@actions/core';
import type { Finding, Report } from './report.ts';

/**
 * Writes an annotation per finding to standard output, where the runner of GitHub (and of Forgejo) picks them up, and a
 * table of all of them to the job's summary, if there is one. GitHub shows ten annotations of a kind per step: the
 * summary holds the rest.
 *
 * @param environment GITHUB_WORKSPACE is what paths are relative to; without GITHUB_STEP_SUMMARY there is no summary
 */
export async function githubReport(
  report: Report,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const workspace = environment['GITHUB_WORKSPACE'] ?? report.root;
  const pathOf = (file: string) =>
    relative(workspace, join(report.root, file)).replaceAll(sep, '/');
  for (const finding of report.findings) {
    const annotate = finding.severity === 'error' ? error : warning;
    annotate(`${finding.message}\nfix: ${finding.fix}\nabout this rule: ${finding.page}`, {
      title: finding.rule,
      file: pathOf(finding.file),
      startLine: finding.line,
      startColumn: finding.column,
    } satisfies AnnotationProperties);
  }
  for (const { file, line, rule, reason } of report.suppressed) {
    notice(`suppressed: ${reason}`, { title: rule, file: pathOf(file), startLine: line });
  }
  if ((environment['GITHUB_STEP_SUMMARY'] ?? '') === '') return;
  await writeSummary(report, pathOf);
}

async function writeSummary(report: Report, pathOf: (file: string) => string): Promise<void> {
  const { checked, findings, suppressed, notChecked } = report;
  summary.addHeading('Manifests', 2);
  summary.addRaw(
    `${checked.files} files, ${checked.objects} objects, ${checked.renders} renders: ${findings.length} findings, ${suppressed.length} suppressed, ${notChecked.length} not checked.`,
    true,
  );
  if (findings.length > 0) {
    summary.addTable([
      ['Place', 'Rule', 'What is wrong', 'Fix'].map((data) => ({ data, header: true })),
      ...findings.map((finding) => row(finding, pathOf)),
    ]);
  }
  if (suppressed.length > 0) {
    summary.addList(
      suppressed.map(({ file, line, rule, reason }) =>
        escaped(`${pathOf(file)}:${line}: ${rule} suppressed: ${reason}`),
      ),
    );
  }
  if (notChecked.length > 0) {
    summary.addDetails(
      'Not checked',
      notChecked.map(({ what, why }) => `<p>${escaped(`${what}: ${why}`)}</p>`).join(''),
    );
  }
  await summary.write();
}

function row(
  { file, line, column, severity, rule, message, fix }: Finding,
  pathOf: (file: string) => string,
): string[] {
  return [`${pathOf(file)}:${line}:${column}`, `${severity} ${rule}`, message, fix].map(escaped);
}

/** A summary is HTML, and messages quote what manifests hold. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
