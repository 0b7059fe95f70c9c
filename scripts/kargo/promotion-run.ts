import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../runtime/thrown.ts';
import { actorOf, ROLLBACK_ANNOTATION } from './admission.ts';
import type { InflatedStep } from './inflation.ts';
import { warehouseImages } from './project.ts';
import type {
  HealthCheck,
  PromoteOptions,
  PromotionClock,
  PromotionEvent,
  PromotionInput,
  PromotionResult,
} from './promotion.ts';
import { outcome } from './promotion-outcome.ts';
import { dependence } from './simulation.ts';
import { type State, storedState, withOutput } from './state.ts';
import type { StepResult, StepRunner } from './step.ts';
import { type RunningStep, recordResult } from './step-completion.ts';
import { evaluateConfig, isSkipped, type PromotionScope } from './step-expressions.ts';
import { invalidConfigMessage } from './steps/config.ts';
import { TemplateError } from './template.ts';

/** Kargo's waits (facts/kargo.md §3): a step may ask to be polled, but not more often than this. */
const MINIMUM_POLL_MS = 10_000;
const DEFAULT_POLL_MS = 300_000;
/** A step that erred is tried again after this, twice as long each time (the controllers' rate limiter). */
const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 1_000_000;

interface LiveRecord extends RunningStep {
  readonly uses: string;
  readonly continueOnError: boolean;
  simulated: string | undefined;
}

/** Guards the records and the state that the steps of one Promotion share. */
export class PromotionRun {
  readonly clock: PromotionClock;
  readonly #input: PromotionInput;
  readonly #options: PromoteOptions;
  readonly #runners: ReadonlyMap<string, StepRunner>;
  readonly #scope: PromotionScope;
  readonly #signal: AbortSignal;
  readonly #records: LiveRecord[] = [];
  readonly #healthChecks: HealthCheck[] = [];
  #state: State;
  #uncopyable: string | undefined;
  #panic: string | undefined;

  constructor(
    input: PromotionInput,
    options: PromoteOptions,
    runners: ReadonlyMap<string, StepRunner>,
  ) {
    this.#input = input;
    this.#options = options;
    this.#runners = runners;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#state = options.keptState ?? {};
    const { promotion, project, freight } = input;
    this.#scope = {
      world: options.world,
      project: promotion.project,
      stage: promotion.stage,
      promotion: promotion.name,
      actor: actorOf(promotion.annotations),
      rollback: promotion.annotations[ROLLBACK_ANNOTATION] === 'true',
      uiBaseUrl: options.uiBaseUrl ?? '',
      freight,
      sources: {
        project: project.name,
        warehouses: project.warehouses,
        requests: project.stages.get(promotion.stage)?.spec.requestedFreight ?? [],
        freight: [freight, ...(input.inherited ?? [])],
      },
      vars: promotion.vars,
    };
  }

  /** Whether no further step is looked at. */
  ended(): boolean {
    return this.#panic !== undefined || this.#signal.aborted;
  }

  async *step(index: number, step: InflatedStep): AsyncGenerator<PromotionEvent, void, void> {
    const record: LiveRecord = {
      alias: step.as,
      uses: step.uses,
      continueOnError: step.continueOnError,
      status: undefined,
      message: '',
      errorCount: 0,
      startedAt: undefined,
      finishedAt: undefined,
      simulated: undefined,
    };
    const earlier = [...this.#records];
    this.#records.push(record);
    const about = { index, alias: step.as, uses: step.uses };
    let config: unknown;
    let field: string | undefined;
    const finished = (output?: StepResult['output']): PromotionEvent => ({
      type: 'step-finished',
      ...about,
      status: record.status ?? 'Errored',
      message: record.message,
      output,
      config,
      field,
      simulated: record.simulated,
      at: this.clock.now(),
    });

    const assumed = dependence(
      step,
      earlier.filter((each) => each.simulated !== undefined),
    );
    record.simulated = assumed;
    let skipped: boolean;
    try {
      skipped = this.#skips(step, earlier);
      if (skipped) record.status = 'Skipped';
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      skipped = true;
      field = error.field;
      record.status = 'Errored';
      record.message = `error checking if step ${JSON.stringify(step.as)} should be skipped: ${error.message}`;
    }
    const runner = this.#runners.get(step.uses);
    if (skipped || runner === undefined) {
      if (!skipped) {
        record.status = 'Errored';
        record.message =
          `step kind ${JSON.stringify(step.uses)} is not registered; verify the kind is correct; ` +
          'if you are a Kargo Enterprise user, you may need to enable the promotion controller';
      }
      yield finished();
      return;
    }

    record.startedAt = this.clock.now();
    yield { type: 'step-started', ...about, at: record.startedAt };
    for (;;) {
      try {
        config = evaluateConfig(this.#scope, step, { records: earlier, state: this.#state });
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        field = error.field;
        record.status = 'Errored';
        record.message = `failed to build step context: failed to get step config: ${error.message}`;
        yield finished();
        return;
      }
      if (this.#uncopyable !== undefined) {
        this.#panic = `cannot deep copy ${this.#uncopyable}`;
        return;
      }
      const result = await this.#execute(runner, step, config);
      record.simulated = result.simulated ?? assumed;
      this.#uncopyable = result.uncopyable;
      this.#state = withOutput(
        this.#state,
        step.as,
        result.output,
        runner.surfacesOutputInTask ?? false,
      );
      const timeoutMs = step.timeoutMs ?? runner.defaultTimeoutMs ?? 0;
      const rules = { errorThreshold: step.errorThreshold, timeoutMs };
      if (recordResult(record, result, rules, this.clock.now())) {
        if (result.healthCheck !== undefined && record.status === 'Succeeded') {
          this.#healthChecks.push(result.healthCheck);
        }
        yield finished(result.output);
        return;
      }
      const nextInMs = this.#wait(record, result, timeoutMs);
      yield {
        type: 'step-waiting',
        ...about,
        message: record.message,
        nextInMs,
        at: this.clock.now(),
      };
      await this.clock.sleep(nextInMs, this.#signal);
      if (this.#signal.aborted) {
        record.status = 'Aborted';
        record.finishedAt = this.clock.now();
        yield finished(result.output);
        return;
      }
      this.#state = storedState(this.#state);
    }
  }

  result(): PromotionResult {
    if (this.#panic !== undefined) {
      // Kargo's controller has stored nothing when it recovers from its own panic.
      const nothing = { currentStep: 0, steps: [], state: {}, healthChecks: [] };
      return { phase: 'Errored', message: this.#panic, ...nothing };
    }
    const steps = this.#records.map((record) => ({ ...record }));
    const rest = {
      currentStep: Math.max(0, steps.length - 1),
      steps,
      state: storedState(this.#state),
      healthChecks: [...this.#healthChecks],
    };
    const unfinished =
      steps.length < this.#input.promotion.steps.length || steps.at(-1)?.status === 'Aborted';
    if (!this.#signal.aborted || !unfinished) return { ...outcome(steps), ...rest };
    const reason: unknown = this.#signal.reason;
    const message =
      typeof reason === 'string' && reason !== ''
        ? `Promotion terminated by ${reason}`
        : 'Promotion terminated per user request';
    return { phase: 'Aborted', message, ...rest };
  }

  #skips(step: InflatedStep, earlier: readonly LiveRecord[]): boolean {
    return isSkipped(this.#scope, step, { records: earlier, state: this.#state });
  }

  async #execute(runner: StepRunner, step: InflatedStep, config: unknown): Promise<StepResult> {
    const problems = runner.validate(config);
    if (problems.length > 0 || !isObject(config)) {
      return {
        status: 'Failed',
        terminal: true,
        message: invalidConfigMessage(runner.kind, problems),
      };
    }
    const { promotion, project, freight } = this.#input;
    const previousOutput = this.#state[step.as];
    try {
      return await runner.run(config, {
        world: this.#options.world,
        workDir: this.#options.workDir,
        project: promotion.project,
        stage: promotion.stage,
        promotion: promotion.name,
        actor: this.#scope.actor,
        alias: step.as,
        freight: [freight, ...(this.#input.inherited ?? [])],
        warehouseImages: warehouseImages(project, promotion.stage),
        previousOutput: isObject(previousOutput) ? previousOutput : undefined,
        uiBaseUrl: this.#scope.uiBaseUrl,
        signal: this.#signal,
      });
    } catch (error) {
      // Kargo survives a crash inside a step the same way.
      const message = messageOf(error);
      return { status: 'Errored', terminal: true, message: `step panicked: ${message}` };
    }
  }

  #wait(record: LiveRecord, result: StepResult, timeoutMs: number): number {
    // A failure without any word is no error to Kargo: it asks again, as it does for a step that runs.
    const retrying = result.status !== 'Running' && result.message !== undefined;
    const interval = retrying
      ? Math.min(FIRST_RETRY_MS * 2 ** (record.errorCount - 1), LONGEST_RETRY_MS)
      : (this.#options.pollIntervalMs ??
        Math.max(result.retryAfterMs ?? DEFAULT_POLL_MS, MINIMUM_POLL_MS));
    if (timeoutMs <= 0) return interval;
    // One millisecond past the limit, so that the next look finds it exceeded.
    const remaining = (record.startedAt ?? 0) + timeoutMs - this.clock.now() + 1;
    return Math.max(0, Math.min(interval, remaining));
  }
}

const SYSTEM_CLOCK: PromotionClock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await sleep(milliseconds, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
