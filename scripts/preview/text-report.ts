import type { ObjectChange, PreviewResult, PreviewStep } from './result.ts';
import { shownLines } from './shown-value.ts';

/** The preview for a terminal; `verbose` adds every step's configuration and output. */
export function textReport(result: PreviewResult, verbose: boolean): string {
  const { freight, branch } = result;
  return [
    `${result.verdict}: ${result.summary}`,
    '',
    `Freight ${freight.alias ?? freight.name.slice(0, 12)} (${freight.name}) to Stage ${result.stage} at ${result.at} by ${result.actor}`,
    ...freight.images.map((image) => `  image  ${image}`),
    ...freight.commits.map((commit) => `  commit ${commit}`),
    '',
    'Gates',
    ...result.gates.map(
      ({ gate, passes }, index) =>
        `  ${passes ? 'passes ' : 'refuses'} ${gate}: ${reasonOnce(result.gates, index)}`,
    ),
    ...(result.gates.length === 0 ? ['  none is asked'] : []),
    '',
    'Steps',
    ...result.steps
      .filter((step) => verbose || isTold(step))
      .flatMap((step) => stepLines(step, verbose)),
    '',
    ...branchLines(branch),
    '',
    'Taken for granted',
    ...result.assumptions.map((assumption) => `  ${assumption}`),
    `  nothing was pushed, and nothing outside a temporary folder was written (${Math.round(result.durationMs)} ms)`,
    '',
  ].join('\n');
}

/** A gate that is asked twice gives the same reason twice; once is enough to read. */
export function reasonOnce(gates: PreviewResult['gates'], index: number): string {
  const reason = gates[index]?.reason ?? '';
  const earlier = gates.slice(0, index).find((gate) => gate.reason === reason);
  return earlier === undefined ? reason : `as ${earlier.gate}`;
}

/** Steps that are there to refuse and had nothing to do tell nobody anything. */
export function isTold({ status, message }: PreviewStep): boolean {
  return status !== 'Skipped' || message !== '';
}

/** What a change means in a few words. */
export function effectText({ change, effect, note }: ObjectChange): string {
  const what = effect === 'apply' ? 'Argo CD applies it' : `Argo CD: ${effect}`;
  return `${change}; ${what}${note === null ? '' : `, ${note}`}`;
}

/** What there is to say of the branch as a whole. */
export function branchSummary({
  name,
  before,
  pushed,
  problem,
  objects,
  unchanged,
}: PreviewResult['branch']): string {
  if (problem !== null) return `Branch ${name}: no render to compare (${problem})`;
  const count = (kind: ObjectChange['change']) =>
    objects.filter(({ change }) => change === kind).length;
  const base =
    before === null ? 'which this checkout does not know (git fetch)' : `at ${before.slice(0, 12)}`;
  const numbers = `${count('added')} added, ${count('removed')} removed, ${count('changed') + count('renamed')} changed, ${unchanged} as they are`;
  return `Branch ${name}, ${base}: ${numbers}${pushed ? '' : ' (if the gates let it pass)'}`;
}

function branchLines(branch: PreviewResult['branch']): readonly string[] {
  return [
    branchSummary(branch),
    ...branch.objects.flatMap((object) => [
      `  ${object.id}: ${effectText(object)}`,
      ...object.fields.flatMap((field) => [
        `      ${field.path}`,
        ...shownLines(field).map(({ sign, text }) => `        ${sign} ${text}`),
      ]),
    ]),
  ];
}

function stepLines(step: PreviewStep, verbose: boolean): readonly string[] {
  const { alias, uses, status, message, field, waitedMs, simulated } = step;
  const more = [
    // What a gate said stands above.
    ...(message === '' || uses === 'fail' ? [] : [message]),
    ...(field === null ? [] : [`in ${field}`]),
    ...(waitedMs > 0 && uses === 'http' ? [`waits ${Math.round(waitedMs / 60_000)} minutes`] : []),
    ...(simulated === null ? [] : [`simulated: ${simulated}`]),
  ];
  return [
    `  ${status.padEnd(9)} ${alias} (${uses})${more.length === 0 ? '' : `: ${more.join('; ')}`}`,
    ...(verbose ? indented('config', step.config) : []),
    ...(verbose ? indented('output', step.output) : []),
  ];
}

function indented(name: string, value: unknown): readonly string[] {
  if (value === null) return [];
  const [first = '', ...others] = JSON.stringify(value, null, 2).split('\n');
  return [`            ${name} ${first}`, ...others.map((line) => `            ${line}`)];
}
