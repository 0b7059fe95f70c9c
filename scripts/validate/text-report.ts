import type { Finding, Report } from './report.ts';

/** The report for people: each finding with its place and source line, then what was checked. */
export function textReport(report: Report): string {
  const { checked, findings, notChecked, renderedWith, suppressed } = report;
  const lines = findings.flatMap(findingLines);
  for (const { file, line, column, rule, reason } of suppressed) {
    lines.push(`${file}:${line}:${column}: suppressed ${rule}: ${reason}`);
  }
  if (suppressed.length > 0) lines.push('');
  for (const { what, why } of notChecked) lines.push(`not checked: ${what} (${why})`);
  if (notChecked.length > 0) lines.push('');
  lines.push(
    `checked ${counted(checked.files, 'file')}, ${counted(checked.documents, 'document')}, ${counted(checked.objects, 'object')}, ` +
      `${counted(checked.steps, 'promotion step')}, ${counted(checked.expressions, 'expression')} and ${counted(checked.renders, 'render')}, each made twice with ${renderedWith}` +
      (checked.combinations === 0 ? '' : `; ${counted(checked.combinations, 'combination')}`),
    findings.length === 0 ? 'no findings' : counted(findings.length, 'finding'),
  );
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding): readonly string[] {
  const { file, line, column, severity, rule, message, sourceLine, fix, page } = finding;
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const before = sourceLine.slice(0, column - 1).replace(/[^\t]/g, ' ');
  const source =
    sourceLine === '' ? [] : [`  ${number} | ${sourceLine}`, `  ${margin} | ${before}^`];
  return [
    `${file}:${line}:${column}: ${severity} ${rule}: ${message.replaceAll('\n', '\n  ')}`,
    ...source,
    `  fix: ${fix}`,
    `  about this rule: ${page}`,
    '',
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
