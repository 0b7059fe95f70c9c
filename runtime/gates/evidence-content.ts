import { redactText } from '../observability/redaction.ts';
import type { CheckContext } from './check.ts';
import { errorText } from './error.ts';
import type { Evidence, Verdict } from './evidence.ts';
import { type Facts, seenOf } from './facts.ts';
import { JUDGED_FACTS, judgedArchives } from './judged-archives.ts';
import type { Platform } from './platform.ts';
import type { ActRecord, CheckRecord, GateRun } from './run.ts';
import type { Surroundings } from './surroundings.ts';
import { COLLECTOR_COMPONENT, RECORDER_COMPONENT } from './workloads.ts';

/** A ConfigMap holds 1 MiB; with these limits the document stays below a quarter of it. */
const MAX_ARCHIVES = 300;
const MAX_LOG_CHARACTERS = 8000;
const MAX_LOGS = 8;
const MAX_TEXT_CHARACTERS = 4000;
const MAX_REASON_CHARACTERS = 1000;
const LOG_LINES = 60;

/** The verdict of a run that came to its end, and why. Only checks decide, and a run that judged nothing is no PASS. */
export function verdictOf(checks: readonly CheckRecord[]): { verdict: Verdict; reason: string } {
  const refusing = checks.filter((check) => check.status === 'fail');
  const [first] = refusing;
  if (first !== undefined) {
    return {
      verdict: 'FAIL',
      reason: `${refusing.map((check) => check.id).join(', ')}: ${first.reason}`,
    };
  }
  const open = checks.filter((check) => check.status === 'not_judged');
  if (open.length > 0) {
    return { verdict: 'FAIL', reason: `not judged: ${open.map((check) => check.id).join(', ')}` };
  }
  const passed = checks.filter((check) => check.status === 'pass').length;
  if (passed === 0) return { verdict: 'FAIL', reason: 'no check passed: nothing was proven' };
  const idle = checks.filter((check) => check.status === 'not_applicable');
  const besides =
    idle[0] === undefined
      ? ''
      : `; not applicable: ${idle.map((check) => check.id).join(', ')} (${idle[0].reason})`;
  return {
    verdict: 'PASS',
    reason: `${passed} of ${checks.length} checks passed, none refused${besides}`,
  };
}

export function checksOf(run: GateRun): Evidence['checks'] {
  return run.checks.map((check) => ({
    ...check,
    expected: clean(check.expected),
    observed: clean(check.observed),
    reason: clean(check.reason),
  }));
}

export function actsOf(run: GateRun): Evidence['acts'] {
  return run.acts.map(({ log: _log, ...act }) => ({
    ...act,
    error: act.error === null ? null : clean(act.error),
  }));
}

/** Archives that were judged, with their hashes, as far as they were seen. */
export function archivesOf(facts: Facts): Pick<Evidence, 'archives' | 'archives_omitted'> {
  const all = archivesSeen(facts);
  const kept = all.slice(-MAX_ARCHIVES);
  return {
    archives: kept.map(({ path, stream, run_id, sha256, bytes, rows, close_reason }) => ({
      path,
      stream,
      run_id,
      sha256,
      bytes,
      rows,
      close_reason,
    })),
    archives_omitted: all.length - kept.length,
  };
}

/** Ends of the logs of what failed: Jobs, and the recorder if any check refused. Never fails itself. */
export async function logsOf(
  run: GateRun,
  { platform, subject }: Pick<CheckContext, 'platform' | 'subject'>,
): Promise<Evidence['logs']> {
  const logs = run.acts.flatMap((act: ActRecord) =>
    act.log === null ? [] : [{ source: `Job of “${act.title}”`, text: tail(act.log) }],
  );
  if (run.checks.every((check) => check.status === 'pass' || check.status === 'not_applicable')) {
    return logs;
  }
  const { upload } = run.facts;
  if (upload.state === 'seen' && refused(run, UPLOAD_CHECKS)) {
    const { outcome } = upload.value;
    logs.push({ source: `Job ${outcome.name}`, text: tail(outcome.log) });
  }
  const components = COMPONENTS.filter(([fact]) => run.acts.some((act) => act.fact === fact));
  for (const [, component] of components) {
    logs.push(...(await componentLogs({ platform, subject }, component)));
  }
  return logs.slice(0, MAX_LOGS);
}

/** Checks whose refusal is explained by the log of the one-off upload. */
const UPLOAD_CHECKS = ['upload-verified', 'remote-holds-upload', 'snapshots-uploaded'];
/** Whose pods a run judged, by the fact that names them. */
const COMPONENTS = [
  ['promoted', RECORDER_COMPONENT],
  ['collectorPod', COLLECTOR_COMPONENT],
] as const;

async function componentLogs(
  { platform, subject }: Pick<CheckContext, 'platform' | 'subject'>,
  component: string,
): Promise<Evidence['logs']> {
  try {
    const pods = await platform.pods(subject.namespace, component);
    return await Promise.all(
      pods.map(async ({ name }) => {
        const text = await platform.log(subject.namespace, name, LOG_LINES).catch(errorText);
        return { source: `pod ${name}`, text: tail(text) };
      }),
    );
  } catch (error) {
    return [{ source: `pods of ${subject.namespace}`, text: tail(errorText(error)) }];
  }
}

/** One sentence for people; whole texts are with the checks. */
export function reasonOf(text: string): string {
  return redactText(text).slice(0, MAX_REASON_CHARACTERS);
}

export function versionsOf(
  { environment }: Surroundings,
  platform: Platform | null,
): Evidence['versions'] {
  return {
    verifier_revision: environment['ORDERBOOKS_REVISION'] ?? '',
    verifier_image: environment['ORDERBOOKS_IMAGE'] ?? '',
    verifier_pod: environment['POD_NAME'] ?? '',
    node: process.version,
    platform: platform?.description ?? 'none: it could not be reached',
  };
}

function archivesSeen(facts: Facts) {
  const judged = seenOf(facts, JUDGED_FACTS);
  const found = [facts.cyclesAfter, facts.cyclesBefore, facts.before].flatMap((fact) =>
    fact.state === 'seen' ? fact.value.report.archives : [],
  );
  const all = 'missing' in judged ? found : [...found, ...judgedArchives(judged.seen).archives];
  return [...new Map(all.map((archive) => [archive.path, archive])).values()];
}

function refused(run: GateRun, ids: readonly string[]): boolean {
  return run.checks.some((check) => ids.includes(check.id) && check.status === 'fail');
}

function tail(text: string): string {
  // Redacted before it is cut, so that no cut hides a secret's beginning from the patterns.
  return redactText(text).slice(-MAX_LOG_CHARACTERS);
}

function clean(text: string): string {
  const safe = redactText(text);
  return safe.length > MAX_TEXT_CHARACTERS ? `${safe.slice(0, MAX_TEXT_CHARACTERS)}…` : safe;
}
