import type { Bundle, BundleObject } from './bundle.ts';
import { fields, items, text, valueAt } from './fields.ts';
import { objectsOf } from './lookup.ts';
import type { Path } from './source-file.ts';
import { aliasOf, taskOf } from './stage-steps.ts';
import type { Template } from './templates.ts';
import { KARGO, type WrittenStep, writtenSteps } from './written-steps.ts';

/** Names that exist, with their members; a leaf is `true`: nothing is known of what stands below it. */
export type Namespace = { readonly [name: string]: Namespace | true };

/** What the expressions of a text can name, besides functions (scripts/kargo/step-expressions.ts, analysis-run.ts). */
export function namespaceOf(bundle: Bundle, object: BundleObject, template: Template): Namespace {
  switch (template.place) {
    case 'criteria':
      return {};
    case 'verification':
      return {
        ctx: { project: true, stage: true },
        vars: names(variableNames(object, ['spec', 'vars'])),
      };
    default:
      return object.kind === 'Stage'
        ? inStage(bundle, object, template)
        : inTask(bundle, object, template);
  }
}

const CONTEXT: Namespace = {
  uiBaseUrl: true,
  project: true,
  promotion: true,
  stage: true,
  targetFreight: { name: true, alias: true, origin: { name: true } },
  meta: { promotion: { actor: true, rollback: true }, step: { alias: true } },
};

function inStage(bundle: Bundle, stage: BundleObject, template: Template): Namespace {
  const ofStage = variableNames(stage, STAGE_VARIABLES);
  const ofTemplate = variableNames(stage, TEMPLATE_VARIABLES);
  const step = stepOf(stage, template);
  if (step === null) {
    // Variables of the Stage see those before them.
    const inTemplate = template.path[1] === 'promotionTemplate';
    const position = Number(template.path.at(-2));
    const before = inTemplate
      ? [...ofStage, ...ofTemplate.slice(0, position)]
      : ofStage.slice(0, position);
    return { ctx: CONTEXT, vars: names(before) };
  }
  const steps = writtenSteps(stage);
  return {
    ctx: CONTEXT,
    vars: names([...ofStage, ...ofTemplate, ...ofStep(step, template)]),
    stepMetas: names(steps.map(aliasOf)),
    outputs: outputsBefore(bundle, stage, step.index),
  };
}

function inTask(bundle: Bundle, task: BundleObject, template: Template): Namespace {
  const uses = usesOf(bundle, task);
  const own = variableNames(task, ['spec', 'vars']);
  const given = uses.flatMap(({ stage, step }) => [
    ...variableNames(stage, STAGE_VARIABLES),
    ...variableNames(stage, TEMPLATE_VARIABLES),
    ...variableNames(stage, [...step.path, 'vars']),
  ]);
  const step = stepOf(task, template);
  // A task that no Stage here names may be named by others, with variables of theirs.
  const vars =
    uses.length === 0
      ? true
      : names([...given, ...own, ...(step === null ? [] : ofStep(step, template))]);
  if (step === null) return { ctx: CONTEXT, vars };
  const outputs =
    uses.length === 0
      ? true
      : Object.assign({}, ...uses.map(({ stage, at }) => outputsBefore(bundle, stage, at)));
  const before = writtenSteps(task).slice(0, step.index);
  return {
    ctx: CONTEXT,
    vars,
    stepMetas: true,
    outputs,
    task: { outputs: Object.fromEntries(before.map((one) => [aliasOf(one), outputOf(one)])) },
  };
}

const STAGE_VARIABLES: Path = ['spec', 'vars'];
const TEMPLATE_VARIABLES: Path = ['spec', 'promotionTemplate', 'spec', 'vars'];

interface IndexedStep extends WrittenStep {
  readonly index: number;
}

/** The step that a text stands in; null if it stands in none. */
function stepOf(object: BundleObject, { path }: Template): IndexedStep | null {
  const steps = writtenSteps(object);
  const index = steps.findIndex((step) => step.path.every((key, at) => path[at] === key));
  const step = steps[index];
  return step === undefined ? null : { ...step, index };
}

/** Variables of a step that a text in it sees: for another of them only those before. */
function ofStep(step: IndexedStep, { path }: Template): readonly string[] {
  const own = variableNames(step.object, [...step.path, 'vars']);
  return path[step.path.length] === 'vars' ? own.slice(0, Number(path[step.path.length + 1])) : own;
}

function outputsBefore(bundle: Bundle, stage: BundleObject, index: number): Namespace {
  return Object.fromEntries(
    writtenSteps(stage)
      .slice(0, index)
      .map((step) => [aliasOf(step), outputOfWritten(bundle, step)]),
  );
}

function outputOfWritten(bundle: Bundle, step: WrittenStep): Namespace | true {
  if (step.value['task'] === undefined) return outputOf(step);
  const task = taskOf(bundle, step);
  if (task === undefined) return true;
  // Only what compose-output gives surfaces under the alias of its task.
  const surfacing = writtenSteps(task).filter(({ value }) => value['uses'] === 'compose-output');
  return Object.assign({}, ...surfacing.map(outputOf));
}

/** What a step is known to give, by the kind of it. */
function outputOf({ value }: WrittenStep): Namespace | true {
  const kind = text(value['uses']);
  const config = fields(value['config']);
  if (kind === 'compose-output') return names(Object.keys(config));
  if (NAMED_OUTPUTS.test(kind)) {
    return names(items(config['outputs']).map((output) => text(fields(output)['name'])));
  }
  return OUTPUTS[kind] ?? true;
}

/** Steps whose config names their outputs. */
const NAMED_OUTPUTS = /^(http|(json|yaml|toml)-parse)$/;

const PULL_REQUEST: Namespace = { id: true, url: true, open: true, merged: true };
/** Steps that always give the same outputs (facts/kargo.md §3). */
const OUTPUTS: Readonly<Record<string, Namespace>> = {
  'git-clone': { commits: true },
  'git-commit': { commit: true },
  'git-push': { branch: true, commit: true, commitURL: true },
  'git-open-pr': { pr: PULL_REQUEST },
  'git-wait-for-pr': { commit: true, pr: PULL_REQUEST },
  'kustomize-set-image': { commitMessage: true },
};

interface TaskUse {
  readonly stage: BundleObject;
  readonly step: WrittenStep;
  readonly at: number;
}

function usesOf(bundle: Bundle, task: BundleObject): readonly TaskUse[] {
  return objectsOf(bundle, KARGO, 'Stage').flatMap((stage) =>
    writtenSteps(stage).flatMap((step, at) =>
      taskOf(bundle, step) === task ? [{ stage, step, at }] : [],
    ),
  );
}

function variableNames(object: BundleObject, path: Path): readonly string[] {
  return items(valueAt(object.value, path)).map((variable) => text(fields(variable)['name']));
}

function names(list: readonly string[]): Namespace {
  return Object.fromEntries(list.map((name) => [name, true as const]));
}
