import type { Evidence } from '../../gates/evidence.ts';
import { evidenceText, printable } from '../text.ts';
import type { KeptRun } from './kept-runs.ts';
import type { VerifierPod } from './verifier-pod.ts';

/** How many other runs are named where the one that was asked for is not there. */
const NAMED_RUNS = 5;

/** What Kargo's Logs tab shows of a run that left evidence. The address is clickable there. */
export function foundText(document: Evidence, pageUrl: string | null): string {
  const page = pageUrl === null ? '' : `page: ${pageUrl}/runs/${document.run}\n`;
  return `${evidenceText(document)}${page}`;
}

/** While there is no evidence, what the verifier's pod tells. */
export function podText(job: string, pod: VerifierPod): string {
  const state = `pod ${pod.name} of Job ${job}: ${pod.phase}${pod.trouble === '' ? '' : `, ${pod.trouble}`}`;
  const expectation = ENDED.has(pod.phase)
    ? 'It ended without leaving evidence in the cluster, which is no PASS.'
    : 'The gate has not ended: its evidence stands here when it has. Open this again to see more.';
  return [expectation, state, '', ...pod.log.trimEnd().split('\n').map(printable), ''].join('\n');
}

/** Neither evidence nor a pod: says what there is instead. */
export function missingText(
  {
    project,
    stage,
    job,
  }: { readonly project: string; readonly stage: string; readonly job: string },
  runs: readonly KeptRun[],
): string {
  const known = runs
    .slice(0, NAMED_RUNS)
    .map(
      ({ name, verdict, finishedAt, gate }) =>
        `  ${verdict.padEnd(7)}  ${finishedAt}  ${gate}  ${name}`,
    );
  return [
    `No evidence of Job ${job} in namespace ${project}, and its pod is gone.`,
    'Either the verifier ended before it could write, which is no PASS, or newer runs took its place.',
    '',
    known.length === 0
      ? `No run of stage ${stage} is kept.`
      : `The newest of ${runs.length} runs of stage ${stage} that are kept:`,
    ...known,
    '',
    `Read one: orderbooks evidence show --run=NAME --project=${project}`,
    '',
  ].join('\n');
}

const ENDED = new Set(['Succeeded', 'Failed']);
