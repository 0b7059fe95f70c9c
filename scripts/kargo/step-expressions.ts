import { typeName } from './expr/type-name.ts';
import type { FreightSources } from './freight-artifacts.ts';
import { clockFunctions } from './functions/clock.ts';
import { dataFunctions } from './functions/data.ts';
import { freightFunctions } from './functions/freight.ts';
import { semverFunctions } from './functions/semver.ts';
import { statusFunctions } from './functions/status.ts';
import type { InflatedStep } from './inflation.ts';
import type { Variable } from './objects.ts';
import type { StepRecord } from './promotion.ts';
import { hasFailures } from './promotion-outcome.ts';
import { type State, taskOutputs } from './state.ts';
import type { Freight, World } from './step.ts';
import { evaluateJsonTemplate, evaluateTemplate, type Scope, TemplateError } from './template.ts';

/** What the expressions of a Promotion's steps can see, apart from the steps before. */
export interface PromotionScope {
  readonly world: World;
  readonly project: string;
  readonly stage: string;
  readonly promotion: string;
  readonly actor: string;
  readonly rollback: boolean;
  readonly uiBaseUrl: string;
  readonly freight: Freight;
  readonly sources: FreightSources;
  readonly vars: readonly Variable[];
}

/** The steps before, and what they gave. */
export interface Progress {
  readonly records: readonly StepRecord[];
  readonly state: State;
}

/**
 * Whether a step is skipped: by its own `if`, else because a step before it failed. A step that has neither `if` nor
 * config never evaluates vars (facts/promotion-semantics.md).
 *
 * @throws TemplateError in Kargo's words
 */
export function isSkipped(scope: PromotionScope, step: InflatedStep, progress: Progress): boolean {
  if (step.if === '') return hasFailures(progress.records);
  const wanted = evaluateTemplate(step.if, stepScope(scope, step, progress), 'if');
  if (typeof wanted === 'boolean') return !wanted;
  throw new TemplateError(`expression must evaluate to a boolean, got ${typeName(wanted)}`, 'if');
}

/**
 * The configuration a step runs with. `null` for a step without any, which every schema refuses.
 *
 * @throws TemplateError in Kargo's words
 */
export function evaluateConfig(
  scope: PromotionScope,
  step: InflatedStep,
  progress: Progress,
): unknown {
  if (step.config === undefined) return null;
  return evaluateJsonTemplate(step.config, stepScope(scope, step, progress), 'config');
}

function stepScope(scope: PromotionScope, step: InflatedStep, progress: Progress): Scope {
  return {
    variables: {
      ...stepVariables(scope, step, progress),
      vars: evaluateVars(scope, step, progress),
    },
    functions: {
      ...commonFunctions(scope),
      ...statusFunctions(step.as, progress.records),
    },
  };
}

/** Promotion vars do not see outputs; vars of a step do. Neither sees `success()` and the like. */
function evaluateVars(
  scope: PromotionScope,
  step: InflatedStep,
  progress: Progress,
): Readonly<Record<string, unknown>> {
  const vars: Record<string, unknown> = {};
  const functions = commonFunctions(scope);
  const evaluate = (variable: Variable, variables: Readonly<Record<string, unknown>>): void => {
    const field = `vars.${variable.name}`;
    try {
      vars[variable.name] = evaluateTemplate(
        variable.value,
        { variables: { ...variables, vars }, functions },
        field,
      );
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new TemplateError(
        `error pre-processing promotion variable ${JSON.stringify(variable.name)}: ${error.message}`,
        field,
        { cause: error },
      );
    }
  };
  const promotionVariables = { ctx: contextOf(scope, step.as) };
  for (const variable of scope.vars) evaluate(variable, promotionVariables);
  for (const variable of step.vars) evaluate(variable, stepVariables(scope, step, progress));
  return vars;
}

function stepVariables(
  scope: PromotionScope,
  step: InflatedStep,
  { records, state }: Progress,
): Readonly<Record<string, unknown>> {
  const inTask = taskOutputs(state, step.as);
  return {
    ctx: contextOf(scope, step.as),
    outputs: state,
    stepMetas: Object.fromEntries(records.map((record) => [record.alias, stepMeta(record)])),
    ...(inTask === undefined ? {} : { task: { outputs: inTask } }),
  };
}

function contextOf(scope: PromotionScope, alias: string): Readonly<Record<string, unknown>> {
  return {
    uiBaseUrl: scope.uiBaseUrl,
    project: scope.project,
    promotion: scope.promotion,
    stage: scope.stage,
    targetFreight: {
      name: scope.freight.name,
      alias: scope.freight.alias ?? '',
      origin: { name: scope.freight.origin.name },
    },
    meta: {
      promotion: { actor: scope.actor, rollback: scope.rollback },
      step: { alias },
    },
  };
}

function commonFunctions(scope: PromotionScope): Scope['functions'] {
  return {
    ...clockFunctions(scope.world),
    ...dataFunctions(scope.world, scope.project),
    ...freightFunctions(scope.sources),
    ...semverFunctions,
  };
}

function stepMeta(record: StepRecord): Readonly<Record<string, unknown>> {
  return {
    Alias: record.alias,
    Status: record.status ?? '',
    Message: record.message,
    ErrorCount: record.errorCount,
    ContinueOnError: record.continueOnError,
  };
}
