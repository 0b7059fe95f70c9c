import type { Evidence } from '../gates/evidence.ts';
import { between, elapsed } from './elapsed.ts';
import { byWeight, counted } from './order.ts';

/** The document as lines for people: the verdict first, then what refused, then the rest. */
export function evidenceText(document: Evidence): string {
  const { subject, versions } = document;
  return [
    `${document.verdict}  ${document.gate}  stage ${subject.stage}`,
    `  ${document.reason}`,
    '',
    ...table([
      ['image', subject.image_digest],
      ['commit', subject.commit],
      ['namespace', `${subject.namespace} (production: ${subject.production_namespace})`],
      ['project', subject.project],
      ['run', document.run],
      [
        'time',
        `${document.started_at} to ${document.finished_at}, ${elapsed(document.duration_ms)}`,
      ],
      ['platform', versions.platform],
      ['verifier', verifierOf(versions)],
      ['policy', policyOf(document)],
    ]),
    '',
    `Checks: ${counted(document.checks)}`,
    ...byWeight(document.checks).flatMap(checkLines),
    '',
    `Acts: ${document.acts.length}`,
    ...document.acts.flatMap(actLines),
    '',
    `Archives: ${archiveCount(document)}`,
    ...document.archives.map(
      ({ path, rows, bytes, sha256, close_reason }) =>
        `  ${path}  ${rows} rows, ${bytes} bytes, ${close_reason ?? 'not closed'}, sha256 ${sha256}`,
    ),
    ...document.logs.flatMap(({ source, text }) => [
      '',
      `Log of ${source}`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  | ${line}`),
    ]),
    '',
    `intact: sha256 ${document.sha256}`,
    '',
  ]
    .map(printable)
    .join('\n');
}

export function archiveCount({ archives, archives_omitted }: Evidence): string {
  return archives_omitted === 0
    ? `${archives.length}`
    : `the newest ${archives.length} of ${archives.length + archives_omitted}`;
}

export function verifierOf(versions: Evidence['versions']): string {
  const { verifier_image, verifier_revision, verifier_pod, node } = versions;
  const image = verifier_image || verifier_revision || 'a working tree';
  return `${image}${verifier_pod === '' ? '' : `, pod ${verifier_pod}`}, Node ${node}`;
}

export function policyOf({ policy, policy_overridden }: Evidence): string {
  if (policy === null) return 'could not be read';
  return policy_overridden.length === 0
    ? 'as in its file'
    : `overridden: ${policy_overridden.join(', ')}`;
}

function checkLines(check: Evidence['checks'][number]): string[] {
  const lines = [`  ${check.status.padEnd(14)} ${check.id}`];
  if (check.status === 'pass') return lines;
  return [
    ...lines,
    `                 expected  ${check.expected}`,
    `                 observed  ${check.observed}`,
    `                 reason    ${check.reason}`,
    `                 help      docs/checks/${check.id}.md`,
  ];
}

function actLines({ status, title, started_at, finished_at, error }: Evidence['acts'][number]) {
  const took = between(started_at, finished_at);
  return [
    `  ${status.padEnd(14)} ${title}${took === null ? '' : `  ${took}`}`,
    ...(error === null ? [] : [`                 ${error}`]),
  ];
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`);
}

/** A log that was kept as evidence must not steer the terminal that it is shown on. */
export function printable(line: string): string {
  return line.replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
}
