import { names, parse } from '../kargo/expr/index.ts';
import type { Bundle, BundleObject } from './bundle.ts';
import { expressionsIn } from './expression-text.ts';
import { text, valueAt } from './fields.ts';
import { FUNCTIONS } from './functions.ts';
import { readable } from './readable.ts';
import { type StageStep, stepsOf } from './stage-steps.ts';
import type { WrittenStep } from './written-steps.ts';

/** A step of a Stage, or a whole task, that can refuse a promotion: it has a `fail` in it. */
export interface Gate {
  /** Among the steps of the Stage, from 0. */
  readonly position: number;
  readonly steps: readonly StageStep[];
  /** Its answer changes with time: asked early, it says nothing of what happens later. */
  readonly timely: boolean;
}

/** The gates of a Stage, in order. */
export function gatesOf(bundle: Bundle, stage: BundleObject): readonly Gate[] {
  // Not Map.groupBy: the packed validator runs on Node 20 too.
  const groups = new Map<number, StageStep[]>();
  for (const step of stepsOf(bundle, stage)) {
    const position = positionOf(step.written);
    groups.set(position, [...(groups.get(position) ?? []), step]);
  }
  return [...groups]
    .filter(([, steps]) => steps.some(({ value }) => value['uses'] === 'fail'))
    .map(([position, steps]) => ({
      position,
      steps,
      timely: steps.some((step) => /\bnow\s*\(/.test(JSON.stringify(step.value['config'] ?? ''))),
    }));
}

/** Position of a step among those it stands with, from 0. */
export function positionOf({ path }: WrittenStep): number {
  return Number(path.at(-1));
}

/** Steps that others see: a repository, a registry, a cluster. */
export const WRITING: ReadonlySet<string> = new Set([
  'argocd-update',
  'git-merge-pr',
  'git-open-pr',
  'git-push',
  'git-tag',
  'github-push',
  'oci-push',
  'set-freight-alias',
]);

/** Steps that only look, answer or wait: whatever they do, nothing is released by it. */
export const HARMLESS: ReadonlySet<string> = new Set([
  'argocd-wait',
  'compose-output',
  'fail',
  'git-wait-for-pr',
  'http',
  'http-download',
]);

/** Whether a step has an `if` of its own that does not ask for success: then it also runs after a refusal. */
export function runsAfterFailure({ object, path }: WrittenStep): boolean {
  const condition = text(valueAt(object.value, [...path, 'if']));
  if (condition === '') return false;
  return !expressionsIn(condition).expressions.some(({ source }) => calls(source, 'success'));
}

/** Whether an `if` can only ever be false: it names and calls nothing. */
export function neverRuns({ object, path }: WrittenStep): boolean {
  const condition = text(valueAt(object.value, [...path, 'if']));
  const [expression, ...more] = expressionsIn(condition).expressions;
  return expression !== undefined && more.length === 0 && expression.source.trim() === 'false';
}

function calls(source: string, name: string): boolean {
  const found = readable(() => names(parse(source, { functions: FUNCTIONS.step })));
  return found?.some(({ path, called }) => called && path[0] === name) ?? true;
}
