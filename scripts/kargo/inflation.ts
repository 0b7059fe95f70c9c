import type { PromotionTask, TemplateStep, Variable } from './objects.ts';

/** One step of a Promotion: tasks are replaced by their steps, and every step has an alias. */
export interface InflatedStep {
  readonly uses: string;
  readonly as: string;
  readonly if: string;
  readonly continueOnError: boolean;
  readonly timeoutMs: number | undefined;
  readonly errorThreshold: number | undefined;
  readonly vars: readonly Variable[];
  /** `undefined` when the step has no config at all, which its schema refuses. */
  readonly config: unknown;
}

export type Inflation =
  | { readonly steps: readonly InflatedStep[] }
  | { readonly missingTask: { readonly kind: string; readonly name: string } }
  | { readonly fault: string };

/** Separates the alias of a task from the alias of a step inside it. */
export const ALIAS_SEPARATOR = '::';

/**
 * Replaces references to PromotionTasks by their steps, as Kargo does when a Promotion is created
 * (facts/promotion-semantics.md, "Vars and tasks"). `promotionVars` are the Stage's and its template's.
 */
export function inflateSteps(
  templateSteps: readonly TemplateStep[],
  promotionVars: readonly Variable[],
  findTask: (kind: string, name: string) => PromotionTask | undefined,
): Inflation {
  const steps: InflatedStep[] = [];
  for (const [index, step] of templateSteps.entries()) {
    const alias = stepAlias(step, index);
    if (step.task === undefined) {
      steps.push(inflated(step, alias, step.vars));
      continue;
    }
    const task = findTask(step.task.kind, step.task.name);
    if (task === undefined) return { missingTask: step.task };
    const vars = taskVars(task.spec.vars, promotionVars, step.vars);
    if ('missing' in vars) {
      return {
        fault:
          `inflate task steps for task ${JSON.stringify(step.task.name)} (${JSON.stringify(alias)}): ` +
          `missing value for variable ${JSON.stringify(vars.missing)}`,
      };
    }
    for (const [taskIndex, taskStep] of task.spec.steps.entries()) {
      const taskStepAlias = `${alias}${ALIAS_SEPARATOR}${stepAlias(taskStep, taskIndex)}`;
      steps.push(inflated(taskStep, taskStepAlias, [...vars.vars, ...taskStep.vars]));
    }
  }
  return { steps };
}

/** The part of an alias before `::`, or an empty text where there is not exactly one. */
export function aliasNamespace(alias: string): string {
  const parts = alias.split(ALIAS_SEPARATOR);
  return parts.length === 2 ? (parts[0] ?? '') : '';
}

function stepAlias(step: TemplateStep, index: number): string {
  if (step.as !== '') return step.as;
  return `${step.task === undefined ? 'step' : 'task'}-${index + 1}`;
}

function inflated(step: TemplateStep, as: string, vars: readonly Variable[]): InflatedStep {
  return {
    uses: step.uses ?? '',
    as,
    if: step.if,
    continueOnError: step.continueOnError,
    timeoutMs: step.retry?.timeout,
    errorThreshold: step.retry?.errorThreshold,
    vars,
    config: step.config ?? undefined,
  };
}

/** A var of the Promotion beats the task's default; an empty value counts as none. */
function taskVars(
  declared: readonly Variable[],
  promotionVars: readonly Variable[],
  given: readonly Variable[],
): { readonly vars: readonly Variable[] } | { readonly missing: string } {
  const promotionNames = namesWithValue(promotionVars);
  const givenNames = namesWithValue(given);
  const vars: Variable[] = [];
  for (const variable of declared) {
    if (promotionNames.has(variable.name)) continue;
    if (variable.value !== '') vars.push(variable);
    else if (!givenNames.has(variable.name)) return { missing: variable.name };
  }
  return { vars: [...vars, ...given] };
}

function namesWithValue(vars: readonly Variable[]): ReadonlySet<string> {
  return new Set(vars.filter((variable) => variable.value !== '').map(({ name }) => name));
}
