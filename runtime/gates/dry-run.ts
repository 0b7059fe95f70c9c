import { formatDuration } from '../config/duration.ts';
import { latestEvidenceName } from './evidence-store.ts';
import type { PolicyRule } from './kubernetes/permissions.ts';
import { neededRights } from './needed-rights.ts';
import { flatPolicy } from './policy.ts';
import type { Terms } from './terms.ts';

/** What a run would do and touch, in plain lines. Nothing is connected to. */
export function describeDryRun(
  { gate, subject, policy, overridden }: Terms,
  records: boolean,
): readonly string[] {
  return [
    `dry run of gate ${gate.name} for stage ${subject.stage}: nothing is touched`,
    `judged: ${subject.imageDigest} of commit ${subject.commit} in namespace ${subject.namespace}`,
    `policy: ${Object.entries(flatPolicy(policy))
      .map(([key, value]) => `${key} ${shown(key, value)}`)
      .join(', ')}${overridden.length > 0 ? ` (overridden: ${overridden.join(', ')})` : ''}`,
    ...gate.acts.map((act) => `act    ${act.title}: ${act.touches ?? 'looks only'}`),
    ...gate.checks.map((check) => `check  ${check.id}: ${check.proves}`),
    records
      ? `writes ConfigMap ${latestEvidenceName(subject)} and one evidence-run-${subject.stage}-… in namespace ${subject.project}`
      : 'writes no ConfigMap: the evidence goes to a file and standard output',
    ...neededRights({ gate, subject, policy }, records).flatMap(({ namespace, rules }) =>
      rights(namespace, rules),
    ),
  ];
}

function rights(namespace: string, rules: readonly PolicyRule[]): string[] {
  return rules.map(
    (rule) => `needs  ${rule.verbs.join(', ')} on ${rule.resources.join(', ')} in ${namespace}`,
  );
}

/** Numbers of the policy that are no durations. */
const PLAIN = /^(checkpointSuccess|keepRuns|comparison\.(spans|loss|metrics\..*))$/;

function shown(path: string, value: string | number): string {
  return typeof value === 'number' && !PLAIN.test(path) ? formatDuration(value) : String(value);
}
