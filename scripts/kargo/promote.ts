import { OrderbooksError } from '../../runtime/errors.ts';
import type { InflatedStep } from './inflation.ts';
import type {
  PromoteOptions,
  PromotionEvent,
  PromotionInput,
  PromotionResult,
} from './promotion.ts';
import { PromotionRun } from './promotion-run.ts';
import type { StepRunner } from './step.ts';
import { KARGO_STEP_KINDS, stepRunners } from './steps/index.ts';

/**
 * Carries a Promotion out with Kargo's semantics (facts/kargo.md §3, facts/promotion-semantics.md), one event after the
 * other; the last event is `promotion-finished`. Nothing of a step runs before its `step-started` event was taken.
 *
 * @throws OrderbooksError `KARGO_STEP_UNSUPPORTED` before the first step when a step is of a kind that Kargo has and
 * this engine does not; whatever goes wrong inside a step is part of the result instead
 */
export async function* promote(
  input: PromotionInput,
  options: PromoteOptions,
): AsyncGenerator<PromotionEvent, PromotionResult, void> {
  const runners = options.steps ?? stepRunners;
  refuseUnsupported(input.promotion.steps, runners);
  const run = new PromotionRun(input, options, runners);
  yield {
    type: 'promotion-started',
    promotion: input.promotion.name,
    stage: input.promotion.stage,
    freight: input.freight.name,
    aliases: input.promotion.steps.map((step) => step.as),
    at: run.clock.now(),
  };
  for (const [index, step] of input.promotion.steps.entries()) {
    if (run.ended()) break;
    yield* run.step(index, step);
  }
  const result = run.result();
  yield { type: 'promotion-finished', result, at: run.clock.now() };
  return result;
}

/** Carries a Promotion out for callers who only want its result. */
export async function promoteToEnd(
  input: PromotionInput,
  options: PromoteOptions,
): Promise<PromotionResult> {
  const events = promote(input, options);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
  }
}

function refuseUnsupported(
  steps: readonly InflatedStep[],
  runners: ReadonlyMap<string, StepRunner>,
): void {
  const unsupported = steps.find(({ uses }) => !runners.has(uses) && KARGO_STEP_KINDS.has(uses));
  if (unsupported === undefined) return;
  throw new OrderbooksError(
    'KARGO_STEP_UNSUPPORTED',
    `step ${JSON.stringify(unsupported.as)} uses ${unsupported.uses}, which Kargo has and this engine does not carry out; ` +
      `expected one of ${[...runners.keys()].join(', ')}`,
  );
}
