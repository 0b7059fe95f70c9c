import { randomBytes } from 'node:crypto';
import { formatDuration } from '../config/duration.ts';
import { redactText } from '../observability/redaction.ts';
import type { CheckContext } from './check.ts';
import { describeDryRun } from './dry-run.ts';
import { errorText, GateError } from './error.ts';
import { type Evidence, sealEvidence, type Verdict } from './evidence.ts';
import {
  actsOf,
  archivesOf,
  checksOf,
  logsOf,
  reasonOf,
  verdictOf,
  versionsOf,
} from './evidence-content.ts';
import { pruneRuns } from './evidence-retention.ts';
import {
  evidenceRunName,
  keepRun,
  markRunning,
  setLatest,
  tryAll,
  writeEvidenceFile,
} from './evidence-store.ts';
import { pendingFacts } from './facts.ts';
import { neededRights } from './needed-rights.ts';
import type { Platform } from './platform.ts';
import { flatPolicy } from './policy.ts';
import { refuseUsage } from './refused-usage.ts';
import { type GateRun, runGate } from './run.ts';
import { processSurroundings, type Surroundings } from './surroundings.ts';
import { readTerms, type Terms, type VerifyOptions } from './terms.ts';
import { verdictEvent } from './verdict-event.ts';

/** PASS, and all evidence was written. */
export const EXIT_PASS = 0;
/** The release is refused. */
export const EXIT_FAIL = 1;
/** Command line or policy cannot be followed; nothing was touched. */
export const EXIT_USAGE = 2;
/** No verdict that may be relied on: aborted, broken, or the evidence could not be written. */
export const EXIT_NO_VERDICT = 3;

/**
 * Runs a gate: judges the release named by the options, writes the evidence whatever happens, and returns the exit
 * code. 0 if and only if the verdict is PASS and the evidence was written everywhere.
 */
export async function verifyCommand(
  options: VerifyOptions,
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  const startedAt = surroundings.now();
  const id = randomBytes(4).toString('hex');
  let terms: Terms;
  try {
    terms = readTerms(options, surroundings.environment);
  } catch (error) {
    await refuseUsage(options, error, startedAt, id, surroundings);
    return EXIT_USAGE;
  }
  if (options.dryRun === true) {
    for (const line of describeDryRun(terms, options.record !== false)) surroundings.progress(line);
    return EXIT_PASS;
  }
  return new Verification(options, terms, startedAt, id, surroundings).run();
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #terms: Terms;
  readonly #startedAt: Date;
  readonly #run: string;
  readonly #id: string;
  readonly #surroundings: Surroundings;
  readonly #end = new AbortController();

  constructor(
    options: VerifyOptions,
    terms: Terms,
    startedAt: Date,
    id: string,
    surroundings: Surroundings,
  ) {
    this.#options = options;
    this.#terms = terms;
    this.#startedAt = startedAt;
    this.#id = id;
    this.#run = evidenceRunName(terms.subject.stage, startedAt, id);
    this.#surroundings = surroundings;
  }

  get #records(): boolean {
    return this.#options.record !== false;
  }

  async run(): Promise<number> {
    const { policy } = this.#terms;
    const stopListening = this.#surroundings.onSignal((signal) => {
      this.#say(`${signal} received: ending the run`);
      this.#end.abort(new GateError('GATE_ABORTED', `the verifier received ${signal}`));
    });
    const deadline = setTimeout(() => {
      const text = `the deadline of ${formatDuration(policy.deadline)} passed`;
      this.#end.abort(new GateError('GATE_ABORTED', text));
    }, policy.deadline);
    try {
      return await this.#judge();
    } finally {
      clearTimeout(deadline);
      stopListening();
    }
  }

  async #judge(): Promise<number> {
    const { gate, subject, overridden } = this.#terms;
    this.#say(`gate ${gate.name} of stage ${subject.stage}: ${subject.imageDigest}`);
    if (overridden.length > 0) this.#say(`policy overridden: ${overridden.join(', ')}`);
    let platform: Platform;
    try {
      platform = await this.#surroundings.platform({
        kubeconfig: this.#options.kubeconfig,
        context: this.#options.context,
        inspectTimeoutMs: this.#terms.policy.inspectTimeout,
        uploadTimeoutMs: this.#terms.policy.uploadTimeout,
        inspectorsOf:
          this.#terms.policy.inspector === 'production'
            ? this.#terms.subject.productionNamespace
            : null,
        runId: this.#id,
        signal: this.#end.signal,
        progress: (text) => this.#say(text),
      });
    } catch (error) {
      return this.#conclude(null, nothingDone(), 'ERROR', errorText(error));
    }
    this.#say(`${platform.description}, run ${this.#run}`);
    try {
      const missing = await platform.missingRights(neededRights(this.#terms, this.#records));
      if (missing.length > 0) {
        throw new GateError('GATE_RIGHTS_MISSING', `not permitted: ${missing.join('; ')}`);
      }
      if (this.#records) {
        await markRunning(platform, subject, {
          run: this.#run,
          gate: gate.name,
          startedAt: this.#startedAt,
        });
      }
    } catch (error) {
      const why = `nothing was touched, because the run could not begin: ${errorText(error)}`;
      return this.#conclude(platform, nothingDone(), 'ERROR', why);
    }
    const context = this.#context(platform);
    try {
      const done = await runGate(gate, context);
      if (this.#end.signal.aborted) {
        return this.#conclude(platform, done, 'ABORTED', errorText(this.#end.signal.reason));
      }
      const { verdict, reason } = verdictOf(done.checks);
      return this.#conclude(platform, done, verdict, reason);
    } catch (error) {
      return this.#conclude(platform, nothingDone(), 'ERROR', errorText(error));
    }
  }

  /** Writes the evidence everywhere, the latest verdict last and only as good as what could be written. */
  async #conclude(
    platform: Platform | null,
    run: GateRun,
    verdict: Verdict,
    reason: string,
  ): Promise<number> {
    const { subject } = this.#terms;
    const document = await this.#document(platform, run, verdict, reason);
    const line = JSON.stringify(document);
    const failures = [
      ...(await tryAll([
        [
          `file ${this.#options.evidence}`,
          () => writeEvidenceFile(this.#options.evidence, document),
        ],
        ...(platform === null || !this.#records
          ? []
          : [[`ConfigMap ${document.run}`, () => keepRun(platform, subject, document)] as const]),
        ['standard output', () => this.#surroundings.output(line)],
      ])),
    ];
    if (platform === null) {
      failures.push('no platform to keep the evidence in');
    } else if (this.#records) {
      const kept = failures.length === 0;
      const why = kept ? document.reason : `evidence not written: ${failures.join('; ')}`;
      failures.push(
        ...(await tryAll([
          [
            'ConfigMap of the latest verdict',
            () => setLatest(platform, subject, document, kept ? verdict : 'ERROR', why),
          ],
        ])),
      );
    }
    if (platform !== null && this.#records) {
      await this.#afterVerdict(platform, document, failures);
    }
    for (const failure of failures) this.#say(`EVIDENCE NOT WRITTEN: ${failure}`);
    this.#say(`verdict ${verdict}: ${document.reason}`);
    if (failures.length > 0) return EXIT_NO_VERDICT;
    if (verdict === 'PASS') return EXIT_PASS;
    return verdict === 'FAIL' ? EXIT_FAIL : EXIT_NO_VERDICT;
  }

  /** What helps people and decides nothing: the Stage is told, and old evidence makes room. */
  async #afterVerdict(
    platform: Platform,
    document: Evidence,
    failures: readonly string[],
  ): Promise<void> {
    const { subject, policy } = this.#terms;
    const event =
      failures.length === 0
        ? verdictEvent(document, document.verdict, document.reason)
        : verdictEvent(document, 'ERROR', `evidence not written: ${failures.join('; ')}`);
    const hindrances = await tryAll([
      ['Event', () => platform.tellStage(subject.project, subject.stage, event)],
      ...(failures.length > 0
        ? []
        : [
            [
              'old evidence',
              async () => {
                const gone = await pruneRuns(platform, subject, policy.keepRuns);
                if (gone.length > 0) this.#say(`deleted evidence of ${gone.length} old runs`);
              },
            ] as const,
          ]),
    ]);
    for (const hindrance of hindrances) this.#say(`not done, which decides nothing: ${hindrance}`);
  }

  async #document(
    platform: Platform | null,
    run: GateRun,
    verdict: Verdict,
    reason: string,
  ): Promise<Evidence> {
    const { subject, policy, overridden, gate } = this.#terms;
    const logs = platform === null ? [] : await logsOf(run, { platform, subject });
    const finishedAt = this.#surroundings.now();
    return sealEvidence({
      run: this.#run,
      gate: gate.name,
      verdict,
      reason: reasonOf(reason),
      started_at: this.#startedAt.toISOString(),
      finished_at: finishedAt.toISOString(),
      duration_ms: Math.max(0, finishedAt.getTime() - this.#startedAt.getTime()),
      subject: {
        project: subject.project,
        stage: subject.stage,
        namespace: subject.namespace,
        production_namespace: subject.productionNamespace,
        image_digest: subject.imageDigest,
        commit: subject.commit,
      },
      policy: flatPolicy(policy),
      policy_overridden: [...overridden],
      versions: versionsOf(this.#surroundings, platform),
      acts: actsOf(run),
      waits: [...run.waits],
      jobs: platform === null ? [] : [...platform.jobsRun],
      checks: checksOf(run),
      ...archivesOf(run.facts),
      logs,
    });
  }

  #context(platform: Platform): CheckContext {
    const { signal } = this.#end;
    return {
      platform,
      subject: this.#terms.subject,
      policy: this.#terms.policy,
      signal,
      now: () => this.#surroundings.now(),
      wait: (milliseconds) => this.#surroundings.wait(milliseconds, signal),
      progress: (text) => this.#say(text),
    };
  }

  /** A plain line with the seconds since the start: what a person follows. */
  #say(text: string): void {
    const seconds = (this.#surroundings.now().getTime() - this.#startedAt.getTime()) / 1000;
    this.#surroundings.progress(`${seconds.toFixed(1).padStart(7)}s  ${redactText(text)}`);
  }
}

function nothingDone(): GateRun {
  return { acts: [], waits: [], checks: [], facts: pendingFacts() };
}
