import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTROLLER, type Requester } from '../kargo/admission.ts';
import { type AnalysisRun, buildAnalysisRun } from '../kargo/analysis-run.ts';
import type { ProjectState } from '../kargo/project-state.ts';
import { promote } from '../kargo/promote.ts';
import type { HealthCheck, PromotionEvent, PromotionResult } from '../kargo/promotion.ts';
import type { Freight, World } from '../kargo/step.ts';
import { assessHealth } from '../kargo/steps/argocd-health.ts';
import { RehearsalError } from './error.ts';

/** A Promotion that Kargo's API refused: nothing was created, nothing ran. */
export interface RefusedPromotion {
  readonly refused: true;
  readonly message: string;
}

export interface CompletedPromotion {
  readonly refused: false;
  readonly name: string;
  readonly freight: Freight;
  readonly result: PromotionResult;
}

export interface VerificationOutcome {
  readonly phase: string;
  readonly message: string;
}

export interface DeliveryOptions {
  readonly state: ProjectState;
  readonly world: World;
  /** Folder for the work folders of promotions. */
  readonly folder: string;
  readonly pollIntervalMs: number;
  /** How long a Stage may take to become healthy after its promotion. */
  readonly healthTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Measures an AnalysisRun in the cluster. */
  readonly measure: (run: AnalysisRun) => Promise<VerificationOutcome>;
  readonly onEvent: (event: PromotionEvent) => void;
}

const HEALTH_POLL_MS = 200;

/** Kargo's controllers for one Project: promotions, health, verification; one thing at a time, as asked. */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** Registered by the last successful promotion of each Stage. */
  readonly #healthChecks = new Map<string, readonly HealthCheck[]>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Promotes what Kargo would promote to the Stage by itself; null if it would do nothing. */
  async autoPromote(stage: string): Promise<CompletedPromotion | RefusedPromotion | null> {
    const freight = this.#options.state.nextAutoPromotion(stage);
    return freight === null ? null : this.#promote(stage, freight, CONTROLLER);
  }

  /** A person's click. */
  async promote(
    stage: string,
    freight: Freight,
    username: string,
  ): Promise<CompletedPromotion | RefusedPromotion> {
    return this.#promote(stage, freight, { username, mayCreate: true, mayPromote: true });
  }

  /** Waits until the Stage is healthy; verification does not start before. */
  async untilHealthy(stage: string): Promise<void> {
    const { world, healthTimeoutMs, signal } = this.#options;
    const deadline = Date.now() + healthTimeoutMs;
    for (;;) {
      const healths = (this.#healthChecks.get(stage) ?? []).map((check) =>
        assessHealth(world, check.input),
      );
      const bad = healths.find((health) => health.status !== 'Healthy');
      if (bad === undefined) return;
      if (Date.now() > deadline) {
        throw new RehearsalError(
          'STAGE_NOT_HEALTHY',
          `Stage ${stage}: expected to be Healthy within ${healthTimeoutMs / 1000} s of its promotion, is ${bad.status}: ${bad.issues.join('; ') || 'no issue is reported'}`,
        );
      }
      await sleep(HEALTH_POLL_MS, undefined, { signal });
    }
  }

  /** Runs the Stage's verification and enters its success, as Kargo does, for ever. */
  async verify(stage: string): Promise<VerificationOutcome> {
    const { state, world, measure } = this.#options;
    const object = state.project.stages.get(stage);
    if (object === undefined)
      throw new RehearsalError('STAGE_UNKNOWN', `there is no Stage ${stage}`);
    const run = buildAnalysisRun(state.project, object, state.current(stage), world, Date.now());
    if (run === null) {
      state.verified(stage);
      return { phase: 'Successful', message: 'the Stage demands no verification' };
    }
    if (!('metrics' in run)) return { phase: 'Error', message: run.message };
    const outcome = await measure(run);
    if (outcome.phase === 'Successful') state.verified(stage);
    return outcome;
  }

  async #promote(
    stage: string,
    freight: Freight,
    requester: Requester,
  ): Promise<CompletedPromotion | RefusedPromotion> {
    const { state, world, folder, pollIntervalMs, signal, onEvent } = this.#options;
    const admitted = state.admit({ stage, freight: freight.name }, requester);
    if (!admitted.allowed) return { refused: true, message: admitted.message };
    const workDir = join(folder, admitted.name);
    await mkdir(workDir, { recursive: true });
    const input = {
      promotion: admitted,
      project: state.project,
      freight,
      inherited: state.inherited(stage, freight),
    };
    let result: PromotionResult | null = null;
    for await (const event of promote(input, { world, workDir, pollIntervalMs, signal })) {
      onEvent(event);
      if (event.type === 'promotion-finished') result = event.result;
    }
    if (result === null)
      throw new RehearsalError(
        'PROMOTION_VANISHED',
        `promotion ${admitted.name} ended without a result`,
      );
    state.ended(admitted, result.phase);
    if (result.phase === 'Succeeded') this.#healthChecks.set(stage, result.healthChecks);
    return { refused: false, name: admitted.name, freight, result };
  }
}
