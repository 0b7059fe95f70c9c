import type { Freight } from '../kargo/step.ts';
import { PROJECT } from './source.ts';

/** Whatever the evidence gate demands, a good run was judged by it (runtime/gates/gates.ts). */
const ALL_GATES = 'collector-smoke+ws-smoke+ws-reliability+canary-comparison';

/** The ConfigMaps that a verifier would have left after a good run, as evidence-gate reads them. */
export function assumedEvidence(
  judge: string,
  { commits, images }: Freight,
  at: Date,
): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  const commit = commits[0]?.id ?? '';
  const digest = images[0]?.digest ?? '';
  const finishedAt = at.toISOString();
  const run = `evidence-run-${judge}-assumed`;
  const document = {
    verdict: 'PASS',
    run,
    finished_at: finishedAt,
    gate: ALL_GATES,
    subject: { project: PROJECT, stage: judge, commit, image_digest: digest },
  };
  return [
    [
      `evidence-${judge}-${commit.slice(0, 12)}-${digest.slice(7, 19)}`,
      { verdict: 'PASS', run, finishedAt },
    ],
    [run, { verdict: 'PASS', 'evidence.json': JSON.stringify(document) }],
  ];
}
