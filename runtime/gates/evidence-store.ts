import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson } from '../config/load.ts';
import type { Subject } from './check.ts';
import { errorText } from './error.ts';
import type { Evidence, Verdict } from './evidence.ts';
import type { Platform } from './platform.ts';

const DIGEST_PREFIX = 'sha256:';
const SHORT = 12;

/** Name of the ConfigMap with the latest verdict for a commit and an image; Kargo's evidence gate computes the same. */
export function latestEvidenceName({
  stage,
  commit,
  imageDigest,
}: Pick<Subject, 'stage' | 'commit' | 'imageDigest'>): string {
  const digest = imageDigest.slice(DIGEST_PREFIX.length, DIGEST_PREFIX.length + SHORT);
  return `evidence-${stage}-${commit.slice(0, SHORT)}-${digest}`;
}

/** Name of the immutable ConfigMap of one run: sorts by time, legal as a Kubernetes name. */
export function evidenceRunName(stage: string, startedAt: Date, id: string): string {
  const stamp = startedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `evidence-run-${stage}-${stamp}z-${id}`;
}

export interface RunIdentity {
  readonly run: string;
  readonly gate: string;
  readonly startedAt: Date;
}

/** Marks the subject as being judged: a verifier that vanishes afterwards is no PASS, and an old PASS is none either. */
export async function markRunning(
  platform: Platform,
  subject: Subject,
  { run, gate, startedAt }: RunIdentity,
): Promise<void> {
  await platform.putConfigMap(
    subject.project,
    latestEvidenceName(subject),
    {
      verdict: 'RUNNING' satisfies Verdict,
      startedAt: startedAt.toISOString(),
      finishedAt: '',
      run,
      gate,
      reason: 'the gate is running, or its verifier vanished',
    },
    { immutable: false, labels: labels(subject, 'latest') },
  );
}

/** The whole document in a ConfigMap of its own that nobody can change. */
export async function keepRun(
  platform: Platform,
  subject: Subject,
  document: Evidence,
): Promise<void> {
  await platform.putConfigMap(
    subject.project,
    document.run,
    {
      verdict: document.verdict,
      startedAt: document.started_at,
      finishedAt: document.finished_at,
      gate: document.gate,
      reason: document.reason,
      sha256: document.sha256,
      'evidence.json': canonicalJson(document),
    },
    { immutable: true, labels: labels(subject, 'run') },
  );
}

/** The latest verdict, unless a run that began later already stands there: then this one is rejected. */
export async function setLatest(
  platform: Platform,
  subject: Subject,
  document: Evidence,
  verdict: Verdict = document.verdict,
  reason: string = document.reason,
): Promise<void> {
  await platform.putConfigMap(
    subject.project,
    latestEvidenceName(subject),
    {
      verdict,
      startedAt: document.started_at,
      finishedAt: document.finished_at,
      run: document.run,
      gate: document.gate,
      reason,
    },
    {
      immutable: false,
      labels: labels(subject, 'latest'),
      mayReplace: (current) =>
        current['run'] === document.run || !((current['startedAt'] ?? '') > document.started_at),
    },
  );
}

/** Writes the file as a whole or not at all. */
export async function writeEvidenceFile(file: string, document: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(document, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

/** Tries each place in its order and says where it failed; a failure keeps none of the others from being tried. */
export async function tryAll(
  places: readonly (readonly [string, () => Promise<void>])[],
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const [place, write] of places) {
    try {
      await write();
    } catch (error) {
      failures.push(`${place}: ${errorText(error)}`);
    }
  }
  return failures;
}

function labels(subject: Subject, kind: 'run' | 'latest'): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'orderbooks',
    'app.kubernetes.io/component': 'verifier',
    'orderbooks-evidence': kind,
    'orderbooks-stage': subject.stage,
  };
}
