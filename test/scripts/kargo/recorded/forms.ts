import type { AdmittedPromotion, Requester } from '../../../../scripts/kargo/admission.ts';
import { formatGoDuration } from '../../../../scripts/kargo/go-duration.ts';
import type { PromotionResult } from '../../../../scripts/kargo/promotion.ts';
import { list, type Raw, record, text } from './record.ts';

/** The rights of the people of the recordings. An act without a named person was alice's or the driver's. */
export function requester(actor: unknown): Requester {
  const username = actor === 'admin' ? 'lab-admin' : text(actor) || 'alice';
  return {
    username,
    mayCreate: username !== 'mallory',
    mayPromote: username !== 'bob' && username !== 'mallory',
  };
}

/** An inflated step as the API server stores it. */
export function storedStep(step: AdmittedPromotion['steps'][number]): Raw {
  const retry = {
    ...(step.timeoutMs === undefined ? {} : { timeout: formatGoDuration(step.timeoutMs) }),
    ...(step.errorThreshold === undefined || step.errorThreshold === 0
      ? {}
      : { errorThreshold: step.errorThreshold }),
  };
  return {
    uses: step.uses,
    as: step.as,
    ...(step.if === '' ? {} : { if: step.if }),
    ...(step.continueOnError ? { continueOnError: true } : {}),
    ...(step.timeoutMs === undefined && step.errorThreshold === undefined ? {} : { retry }),
    ...(step.vars.length === 0 ? {} : { vars: storedVars(step.vars) }),
    ...(step.config === undefined ? {} : { config: step.config }),
  };
}

export function freightName(raw: Raw): unknown {
  return record(list(raw['freight'])[0]?.['metadata'])['name'];
}

export function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([key, entry]) =>
      typeof entry === 'string' ? [[key, entry]] : [],
    ),
  );
}

/** Vars as the API server stores them: an empty value is not there. */
export function storedVars(vars: AdmittedPromotion['vars']): readonly Raw[] {
  return vars.map(({ name, value }) => (value === '' ? { name } : { name, value }));
}

/** A result as the API server stores it. */
export function storedResult(result: PromotionResult, expected: Raw): Raw {
  const { phase, message, currentStep, steps, state, healthChecks } = result;
  const empty = Object.keys(state).length === 0;
  return {
    phase,
    message: message === '' ? null : message,
    currentStep: currentStep === 0 ? null : currentStep,
    steps: steps.map((step) => ({
      alias: step.alias,
      status: step.status,
      ...(step.message === '' ? {} : { message: step.message }),
      ...(step.errorCount === 0 ? {} : { errorCount: step.errorCount }),
      ...(step.continueOnError ? { continueOnError: true } : {}),
      started: step.startedAt !== undefined,
      finished: step.finishedAt !== undefined,
    })),
    // An empty state is recorded as nothing, null or an empty object.
    state: empty && isEmpty(expected['state']) ? expected['state'] : state,
    ...(healthChecks.length === 0
      ? {}
      : { healthChecks: healthChecks.map(({ uses, input }) => ({ uses, config: input })) }),
  };
}

function isEmpty(value: unknown): boolean {
  return Object.keys(record(value)).length === 0;
}
