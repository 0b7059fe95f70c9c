import { EXPECTATIONS } from './expectations.ts';
import type { FaultSummary, Spread } from './injections.ts';
import type { SoakResult } from './result.ts';

/** The result as Markdown, for a terminal and for the docs alike. */
export function table(result: SoakResult): string {
  const { totals, memory } = result;
  const gaps = Object.entries(totals.gaps).map(([reason, count]) => `${reason} ${count}`);
  return [
    `${result.passed ? 'PASSED' : 'FAILED'}: \`${result.command}\``,
    `${result.startedAt}, ${Math.round(result.durationMs / 1000)} s, windows ${result.speed} times shorter, ${result.machine}`,
    '',
    '| frames sent | archived | inside gaps | missing | foreign | connections | archives | memory at most | growth | exit |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    `| ${totals.sent} | ${totals.archived} | ${totals.inGaps} | ${totals.missing} | ${totals.foreign} | ${totals.connections} | ${totals.archives} | ${megabytes(memory.maximumBytes)} | ${memory.growth?.toFixed(2) ?? '-'} | ${result.exit.code ?? result.exit.signal} |`,
    '',
    `Gaps: ${gaps.join(', ')}. Looks at the recorder were ${seconds(result.looks)} apart (median, most).`,
    '',
    '| fault | injected | detected | by | after (median, most) | recovered | after its end (median, most) |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...result.faults.map(row),
    ...(result.failures.length === 0 ? [] : ['', ...result.failures.map((text) => `- ${text}`)]),
  ].join('\n');
}

function row(fault: FaultSummary): string {
  const reasons = EXPECTATIONS[fault.fault].gaps.map((reason) => `gap \`${reason}\``);
  const by = [...fault.detectedBy.map((name) => `\`${name}\``), ...reasons].join(', ');
  const cells = [
    `\`${fault.fault}\``,
    fault.injected,
    fault.shows === 'harmless' ? 'needs none' : fault.detected,
    fault.detected === 0 ? '-' : by,
    seconds(fault.detection),
    fault.recovered,
    seconds(fault.recovery),
  ];
  return `| ${cells.join(' | ')} |`;
}

function seconds(spread: Spread | null): string {
  if (spread === null) return '-';
  return `${(spread.median / 1000).toFixed(1)} s, ${(spread.maximum / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number | null): string {
  return bytes === null ? 'unknown' : `${Math.round(bytes / 1_000_000)} MB`;
}
