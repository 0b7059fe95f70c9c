import { errorText } from './error.ts';
import { sealEvidence } from './evidence.ts';
import { reasonOf, versionsOf } from './evidence-content.ts';
import { evidenceRunName, tryAll, writeEvidenceFile } from './evidence-store.ts';
import type { Surroundings } from './surroundings.ts';
import type { VerifyOptions } from './terms.ts';

/** Nothing can be looked at without a subject; file and standard output still say why. */
export async function refuseUsage(
  options: VerifyOptions,
  error: unknown,
  startedAt: Date,
  id: string,
  surroundings: Surroundings,
): Promise<void> {
  const text = errorText(error);
  for (const line of text.split('\n')) surroundings.progress(line);
  const at = startedAt.toISOString();
  const document = sealEvidence({
    run: evidenceRunName(options.stage ?? '', startedAt, id),
    gate: options.gate ?? '',
    verdict: 'ERROR',
    reason: reasonOf(text),
    started_at: at,
    finished_at: at,
    duration_ms: 0,
    subject: {
      project: options.project ?? '',
      stage: options.stage ?? '',
      namespace: options.namespace ?? '',
      production_namespace: options.productionNamespace ?? '',
      image_digest: options.imageDigest ?? '',
      commit: options.commit ?? '',
    },
    policy: null,
    policy_overridden: [],
    versions: versionsOf(surroundings, null),
    acts: [],
    checks: [],
    archives: [],
    archives_omitted: 0,
    logs: [],
  });
  const failures = await tryAll([
    ...(options.evidence
      ? [[`file ${options.evidence}`, () => writeEvidenceFile(options.evidence, document)] as const]
      : []),
    ['standard output', () => surroundings.output(JSON.stringify(document))],
  ]);
  for (const failure of failures) surroundings.progress(`EVIDENCE NOT WRITTEN: ${failure}`);
}
