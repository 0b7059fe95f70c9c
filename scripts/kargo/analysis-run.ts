import { createHash } from 'node:crypto';
import type { Json } from './coercion.ts';
import { typeName } from './expr/type-name.ts';
import { clockFunctions } from './functions/clock.ts';
import { dataFunctions } from './functions/data.ts';
import { freightFunctions } from './functions/freight.ts';
import { semverFunctions } from './functions/semver.ts';
import type { AnalysisArgument, AnalysisMetric, AnalysisTemplate, Stage } from './objects.ts';
import type { Project } from './project.ts';
import { promotionName } from './promotion-name.ts';
import type { Freight, World } from './step.ts';
import { evaluateTemplate, type Scope, TemplateError } from './template.ts';

export interface AnalysisRun {
  /** `<stage>.<ulid>.<first seven of the Freight collection>`. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly args: readonly AnalysisArgument[];
  readonly metrics: readonly AnalysisMetric[];
  /** Names (patterns) of metrics that never fail the run. */
  readonly dryRun: readonly string[];
}

/** A verification that ends in Error before anything is measured; the message is Kargo's. */
export interface AnalysisRunProblem {
  readonly message: string;
}

/**
 * The AnalysisRun that verifies a Stage's Freight: the templates in one, arguments evaluated to texts, arguments that no
 * template declares dropped (facts/kargo.md §5). `null` for a Stage without verification, whose Freight counts as
 * verified once the Stage is healthy.
 *
 * @param now milliseconds since the epoch
 */
export function buildAnalysisRun(
  project: Project,
  stage: Stage,
  freight: readonly Freight[],
  world: World,
  now: number,
): AnalysisRun | AnalysisRunProblem | null {
  const verification = stage.spec.verification;
  if (verification === undefined) return null;
  const collection = freightCollectionId(freight);
  const { name } = stage.metadata;
  try {
    const templates = verification.analysisTemplates.map((reference) =>
      templateOf(project, reference),
    );
    const metrics = uniqueMetrics(templates);
    const given = evaluateArguments(project, stage, freight, world);
    const args = mergeArguments(flattenArguments(templates), given);
    return {
      name: promotionName(name, collection, now),
      namespace: project.name,
      labels: {
        'kargo.akuity.io/stage': name,
        'kargo.akuity.io/freight-collection': collection,
      },
      args,
      metrics,
      dryRun: templates.flatMap(({ spec }) => spec.dryRun.map(({ metricName }) => metricName)),
    };
  } catch (error) {
    if (!(error instanceof BuildProblem)) throw error;
    return {
      message:
        `error building AnalysisRun for Stage ${JSON.stringify(name)} and Freight collection ${JSON.stringify(collection)} ` +
        `in namespace ${JSON.stringify(project.name)}: ${error.message}`,
    };
  }
}

/** The identity of what a Stage runs: one Freight per origin. */
export function freightCollectionId(freight: readonly Freight[]): string {
  const names = freight.map(({ name }) => name).sort();
  return createHash('sha1').update(names.join(',')).digest('hex');
}

/** Text of what is wrong, still without the words that say for which Stage. */
class BuildProblem extends Error {}

function templateOf(
  project: Project,
  reference: { readonly name: string; readonly kind: string },
): AnalysisTemplate {
  const cluster = reference.kind === 'ClusterAnalysisTemplate';
  const templates = cluster ? project.clusterAnalysisTemplates : project.analysisTemplates;
  const template = templates.get(reference.name);
  if (template !== undefined) return template;
  const quoted = JSON.stringify(reference.name);
  // Kargo says AnalysisRun here although it looks for a template.
  throw new BuildProblem(
    cluster
      ? `get analysis templates: get ClusterAnalysisRun ${quoted}: ClusterAnalysisTemplate.argoproj.io ${quoted} not found`
      : `get analysis templates: get AnalysisRun ${quoted} in namespace ${JSON.stringify(project.name)}: AnalysisTemplate.argoproj.io ${quoted} not found`,
  );
}

function uniqueMetrics(templates: readonly AnalysisTemplate[]): readonly AnalysisMetric[] {
  const metrics = templates.flatMap(({ spec }) => spec.metrics);
  const seen = new Set<string>();
  for (const { name } of metrics) {
    if (seen.has(name)) {
      throw new BuildProblem(
        `build spec: flatten templates: flatten metrics: duplicate metric name: ${JSON.stringify(name)}`,
      );
    }
    seen.add(name);
  }
  return metrics;
}

function flattenArguments(templates: readonly AnalysisTemplate[]): readonly AnalysisArgument[] {
  const byName = new Map<string, AnalysisArgument>();
  for (const argument of templates.flatMap(({ spec }) => spec.args)) {
    const existing = byName.get(argument.name);
    if (existing?.value !== undefined && argument.value !== undefined) {
      if (existing.value === argument.value) continue;
      throw new BuildProblem(
        `build spec: flatten templates: flatten arguments: conflicting values for argument ${JSON.stringify(argument.name)}: ` +
          `${JSON.stringify(existing.value)} and ${JSON.stringify(argument.value)}`,
      );
    }
    if (existing === undefined) byName.set(argument.name, argument);
    else if (argument.value !== undefined) {
      byName.set(argument.name, { ...existing, value: argument.value });
    }
  }
  return [...byName.values()];
}

/** Template vars, outputs and the Promotion are invisible here; without Stage vars there is no `vars` at all. */
function evaluateArguments(
  project: Project,
  stage: Stage,
  freight: readonly Freight[],
  world: World,
): ReadonlyMap<string, string> {
  const vars: Record<string, unknown> = {};
  const scope: Scope = {
    variables: {
      ctx: { project: project.name, stage: stage.metadata.name },
      ...(stage.spec.vars.length > 0 ? { vars } : {}),
    },
    functions: {
      ...clockFunctions(world),
      ...dataFunctions(world, project.name),
      ...freightFunctions({
        project: project.name,
        warehouses: project.warehouses,
        requests: stage.spec.requestedFreight,
        freight,
      }),
      ...semverFunctions,
    },
  };
  for (const { name, value } of stage.spec.vars) {
    vars[name] = evaluate(value, scope, `evaluate variable ${JSON.stringify(name)}`, name);
  }
  const values = new Map<string, string>();
  for (const { name, value } of stage.spec.verification?.args ?? []) {
    if (value === '') continue;
    const quoted = JSON.stringify(name);
    const result = evaluate(value, scope, `evaluate argument ${quoted}`, name);
    if (typeof result !== 'string') {
      throw new BuildProblem(
        `build spec: build arguments: evaluated argument ${quoted} value is not a string but ${typeName(result)}`,
      );
    }
    values.set(name, result);
  }
  return values;
}

function evaluate(template: string, scope: Scope, doing: string, name: string): Json {
  try {
    return evaluateTemplate(template, scope, `verification.args.${name}`);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new BuildProblem(`build spec: build arguments: ${doing}: ${error.message}`, {
      cause: error,
    });
  }
}

function mergeArguments(
  declared: readonly AnalysisArgument[],
  given: ReadonlyMap<string, string>,
): readonly AnalysisArgument[] {
  return declared.map((argument) => {
    const value = given.get(argument.name);
    if (value !== undefined) return { ...argument, value };
    if (argument.value === undefined && argument.valueFrom === undefined) {
      throw new BuildProblem(
        `build spec: build arguments: merge arguments: validate merged arguments: unresolved argument ` +
          `${JSON.stringify(argument.name)}: neither Value nor ValueFrom is set`,
      );
    }
    return argument;
  });
}
