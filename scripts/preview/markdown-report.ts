import type { PreviewResult, PreviewStep } from './result.ts';
import { shownLines } from './shown-value.ts';
import { branchSummary, effectText, reasonOnce } from './text-report.ts';

/** GitHub refuses comments beyond 65,536 characters; what does not fit is in the other forms. */
const MOST_CHARACTERS = 60_000;
/** Marks the comment, so that a later one of the same pull request can replace it. */
const MARK = '<!-- orderbooks-preview -->';

/** A summary for a pull request. */
export function markdownReport(result: PreviewResult): string {
  const head = [
    MARK,
    `### Promotion to \`${result.stage}\`: ${result.verdict}`,
    '',
    escaped(result.summary),
    '',
    `At ${result.at}. Commit ${result.freight.commits.map((id) => code(id.slice(0, 12))).join(', ')}.`,
    '',
    '| gate | | reason |',
    '| --- | --- | --- |',
    ...result.gates.map(
      ({ gate, passes }, index) =>
        `| ${code(gate)} | ${passes ? 'passes' : '**refuses**'} | ${escaped(reasonOnce(result.gates, index))} |`,
    ),
    '',
    ...simulatedLines(result.steps),
    escaped(branchSummary(result.branch)),
    '',
  ];
  const tail = [
    '<details><summary>Taken for granted</summary>',
    '',
    ...result.assumptions.map((assumption) => `- ${escaped(assumption)}`),
    '',
    '</details>',
    '',
  ];
  let left = MOST_CHARACTERS - [...head, ...tail].join('\n').length;
  const objects: string[] = [];
  for (const [index, object] of result.branch.objects.entries()) {
    const lines = object.fields.flatMap((field) => [
      `@@ ${field.path}`,
      ...shownLines(field).map(({ sign, text }) => `${sign} ${text}`),
    ]);
    const fence = fenceFor(lines);
    const text = [
      `<details><summary>${code(object.id)}: ${escaped(effectText(object))}</summary>`,
      '',
      ...(lines.length === 0 ? ['No fields to compare.'] : [`${fence}diff`, ...lines, fence]),
      '',
      '</details>',
      '',
    ].join('\n');
    left -= text.length;
    if (left < 0) {
      objects.push(`${result.branch.objects.length - index} more objects do not fit here.`, '');
      break;
    }
    objects.push(text);
  }
  return [...head, ...objects, ...tail].join('\n');
}

/** What is said of the branch stands on these: they were assumed, not done. */
function simulatedLines(steps: readonly PreviewStep[]): readonly string[] {
  const lines = steps.flatMap(({ alias, uses, simulated }) =>
    simulated === null ? [] : [`- ${code(alias)} (${code(uses)}): ${escaped(simulated)}`],
  );
  return lines.length === 0 ? [] : ['Simulated steps:', '', ...lines, ''];
}

/** A manifest may hold back-ticks: the fence is longer than any run of them. */
function fenceFor(lines: readonly string[]): string {
  const longest = Math.max(2, ...(lines.join('\n').match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(longest + 1);
}

function code(text: string): string {
  return `<code>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '&#124;')}</code>`;
}

/** Text that is neither markup nor a table's border nor a mention. */
function escaped(text: string): string {
  return text
    .replaceAll('\n', ' ')
    .replace(/[\\`*_[\]<>|#~]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '@&#8203;');
}
