import type { Act, ActContext, DemandedWait } from './act.ts';
import type { Check, CheckContext, CheckId, CheckOutcome } from './check.ts';
import { errorText, GateError } from './error.ts';
import { type Fact, type FactName, type Facts, pendingFacts, seenOf } from './facts.ts';
import type { Gate } from './gates.ts';
import { PlatformError } from './platform-error.ts';

export type RecordStatus = CheckOutcome['status'] | 'not_judged';

/** One check as it went. `not_judged` is never a pass: what it needs was not observed, and says why. */
export interface CheckRecord {
  readonly id: CheckId;
  readonly proves: string;
  readonly status: RecordStatus;
  readonly expected: string;
  readonly observed: string;
  readonly reason: string;
  /** When the first act began whose fact it judges, and when it was judged. ISO 8601. */
  readonly started_at: string | null;
  readonly finished_at: string;
}

export interface ActRecord {
  readonly fact: FactName;
  readonly title: string;
  readonly status: 'done' | 'failed' | 'not_performed';
  readonly started_at: string | null;
  readonly finished_at: string;
  readonly error: string | null;
  /** End of the log of the Job that failed, if it was one. */
  readonly log: string | null;
}

/** A wait that was demanded; ISO 8601. */
export interface WaitRecord {
  readonly for: DemandedWait;
  readonly started_at: string;
  readonly finished_at: string;
}

export interface GateRun {
  readonly acts: readonly ActRecord[];
  readonly waits: readonly WaitRecord[];
  readonly checks: readonly CheckRecord[];
  readonly facts: Facts;
}

/** Time for an act that was aborted to delete what it made (a Job, a connection). */
const CLEAN_UP_MS = 15_000;

/**
 * Performs the gate's acts, each as soon as those it comes after have ended, and judges each check as soon as all it
 * needs was looked at. Never throws for what a check or an act does: an act that fails is a fact that failed, and checks
 * that need it refuse.
 */
export async function runGate(gate: Gate, context: CheckContext): Promise<GateRun> {
  const run = new Run(gate, context);
  const underWay = new Map<FactName, Promise<void>>();
  for (const act of gate.acts) {
    const after = act.after(context.policy);
    const earlier = [...underWay]
      .filter(
        ([fact]) =>
          after === null ||
          [...after, ...act.requires(context.policy), ...act.needs].includes(fact),
      )
      .map(([, ended]) => ended);
    const performed = Promise.all(earlier).then(async () => {
      await run.perform(act);
      run.judgeWhatCanBe();
    });
    underWay.set(act.fact, performed);
  }
  // Whatever broke, nothing is left under way behind a verdict.
  const ended = await Promise.allSettled(underWay.values());
  const broken = ended.find((one) => one.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  run.judgeTheRest();
  return run.result();
}

class Run {
  readonly #gate: Gate;
  readonly #context: CheckContext;
  #facts: Facts = pendingFacts();
  readonly #acts = new Map<FactName, ActRecord>();
  readonly #waits: WaitRecord[] = [];
  readonly #checks = new Map<CheckId, CheckRecord>();

  constructor(gate: Gate, context: CheckContext) {
    this.#gate = gate;
    this.#context = context;
  }

  async perform(act: Act): Promise<void> {
    const startedAt = this.#context.now();
    const hindrance = this.#hindrance(act);
    if (hindrance !== null) {
      this.#context.progress(`skip   ${act.title}: ${hindrance}`);
      this.#learn(act, { state: 'not_observed', because: hindrance }, null, null);
      return;
    }
    this.#context.progress(`act    ${act.title}`);
    let fact: Fact<unknown>;
    let log: string | null = null;
    try {
      const { seen } = this.#seen(act.needs);
      fact = {
        state: 'seen',
        value: await unlessAborted(this.#context, act.perform(this.#actContext(), seen)),
      };
    } catch (error) {
      const text = errorText(error);
      // What an abort cuts short says nothing about the release.
      fact = this.#context.signal.aborted
        ? {
            state: 'not_observed',
            because: `the run ended: ${errorText(this.#context.signal.reason)}`,
          }
        : { state: 'failed', error: text };
      if (error instanceof PlatformError) log = error.log;
      this.#context.progress(`failed ${act.title}: ${text}`);
    }
    this.#learn(act, fact, startedAt, log);
  }

  judgeWhatCanBe(): void {
    for (const check of this.#gate.checks) {
      if (this.#checks.has(check.id)) continue;
      const facts = check.needs.map((name) => this.#facts[name]);
      const settled = facts.every((fact) => fact.state !== 'pending');
      if (settled || facts.some((fact) => fact.state === 'failed')) this.#judge(check);
    }
  }

  judgeTheRest(): void {
    for (const check of this.#gate.checks) if (!this.#checks.has(check.id)) this.#judge(check);
  }

  result(): GateRun {
    const checks = this.#gate.checks.flatMap((check) => this.#checks.get(check.id) ?? []);
    const acts = this.#gate.acts.flatMap((act) => this.#acts.get(act.fact) ?? []);
    return { acts, waits: this.#waits, checks, facts: this.#facts };
  }

  #actContext(): ActContext {
    const { now } = this.#context;
    return {
      ...this.#context,
      demanded: async (wait, work) => {
        const startedAt = now();
        try {
          return await work();
        } finally {
          this.#waits.push({
            for: wait,
            started_at: startedAt.toISOString(),
            finished_at: now().toISOString(),
          });
        }
      },
    };
  }

  #hindrance(act: Act): string | null {
    if (this.#context.signal.aborted)
      return `the run ended: ${errorText(this.#context.signal.reason)}`;
    const needed = [...act.needs, ...act.requires(this.#context.policy)];
    const missing = needed.find((name) => this.#facts[name].state !== 'seen');
    return missing === undefined
      ? null
      : `needs ${titleOf(this.#gate, missing)}, which did not succeed`;
  }

  #seen(needs: readonly FactName[]) {
    const result = seenOf(this.#facts, needs);
    if ('missing' in result) {
      throw new GateError('GATE_OBSERVATION_INVALID', `fact ${result.missing} was not seen`);
    }
    return result;
  }

  #learn(act: Act, fact: Fact<unknown>, startedAt: Date | null, log: string | null): void {
    this.#facts = { ...this.#facts, [act.fact]: fact };
    this.#acts.set(act.fact, {
      fact: act.fact,
      title: act.title,
      status: fact.state === 'seen' ? 'done' : fact.state === 'failed' ? 'failed' : 'not_performed',
      started_at: startedAt?.toISOString() ?? null,
      finished_at: this.#context.now().toISOString(),
      error:
        fact.state === 'failed' ? fact.error : fact.state === 'not_observed' ? fact.because : null,
      log,
    });
  }

  #judge(check: Check): void {
    const outcome = this.#outcome(check);
    const started = [...this.#acts.values()]
      .filter((act) => check.needs.includes(act.fact) && act.started_at !== null)
      .map((act) => act.started_at)
      .sort();
    this.#checks.set(check.id, {
      id: check.id,
      proves: check.proves,
      ...outcome,
      started_at: started[0] ?? null,
      finished_at: this.#context.now().toISOString(),
    });
    this.#context.progress(
      `check  ${check.id}: ${outcome.status.toUpperCase()} (${outcome.reason})`,
    );
  }

  #outcome(check: Check): Pick<CheckRecord, 'status' | 'expected' | 'observed' | 'reason'> {
    for (const state of ['failed', 'not_observed', 'pending'] as const) {
      for (const name of check.needs) {
        const fact: Fact<unknown> = this.#facts[name];
        if (fact.state === state) return unobserved(check, this.#gate, name, fact);
      }
    }
    try {
      return check.run(this.#context, this.#seen(check.needs).seen);
    } catch (error) {
      return {
        status: 'fail',
        expected: check.proves,
        observed: 'the check itself broke',
        reason: errorText(error),
      };
    }
  }
}

function titleOf(gate: Gate, name: FactName): string {
  const title = gate.acts.find((act) => act.fact === name)?.title;
  return title === undefined ? name : `“${title}”`;
}

function unobserved(check: Check, gate: Gate, name: FactName, fact: Fact<unknown>) {
  const title = titleOf(gate, name);
  if (fact.state !== 'failed') {
    return {
      status: 'not_judged' as const,
      expected: check.proves,
      observed: `nothing: ${title} was not performed`,
      reason: fact.state === 'not_observed' ? fact.because : 'the gate has no act that observes it',
    };
  }
  const answeredBy = (gate.acts.find((act) => act.fact === name)?.answeredBy ?? []).filter((id) =>
    gate.checks.some((one) => one.id === id),
  );
  const refuses = answeredBy.length === 0 || answeredBy.includes(check.id);
  return {
    status: refuses ? ('fail' as const) : ('not_judged' as const),
    expected: check.proves,
    observed: `nothing: ${title} failed`,
    reason: refuses ? fact.error : `refused by ${answeredBy.join(' and ')}: ${fact.error}`,
  };
}

/** Ends with the run's signal even if the act does not listen to it, after time to clean up. */
async function unlessAborted<T>({ signal }: CheckContext, act: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      timer = setTimeout(() => reject(signal.reason), CLEAN_UP_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    act.then(
      () => signal.removeEventListener('abort', onAbort),
      () => signal.removeEventListener('abort', onAbort),
    );
  });
  try {
    return await Promise.race([act, aborted]);
  } finally {
    clearTimeout(timer);
  }
}
