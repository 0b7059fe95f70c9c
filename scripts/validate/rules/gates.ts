import { policyIndex } from '../automatic-promotion.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import {
  type Gate,
  gatesOf,
  HARMLESS,
  neverRuns,
  positionOf,
  runsAfterFailure,
  WRITING,
} from '../gates.ts';
import { objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';
import { type StageStep, stepsOf } from '../stage-steps.ts';
import { KARGO, type WrittenStep } from '../written-steps.ts';

/** A gate counts only if nothing acts before it, nothing goes around it, and it is asked at the right time. */
export const checkGates: Check = function* ({ bundle, house }) {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    const gates = gatesOf(bundle, stage);
    if (gates.length === 0) continue;
    const steps = stepsOf(bundle, stage);
    yield* bypasses(stage, gates, steps);
    yield* earlySteps(stage, gates, steps);
    if (house) yield* lateGates(stage, gates, steps);
    yield* automatic(bundle, stage, gates);
  }
};

function* bypasses(
  stage: BundleObject,
  gates: readonly Gate[],
  steps: readonly StageStep[],
): Generator<Draft> {
  for (const step of gates.flatMap((gate) => gate.steps)) {
    if (step.value['continueOnError'] === true) {
      yield {
        rule: 'kargo/gate-bypassed',
        at: step.object.at([...step.path, 'continueOnError']),
        message: `a promotion to Stage ${stage.name} goes on although this step of its gate refused or failed`,
        fix: 'remove continueOnError',
      };
    }
    if (step.value['uses'] === 'fail' && neverRuns(step)) {
      yield {
        rule: 'kargo/gate-bypassed',
        at: step.object.at([...step.path, 'if']),
        message: `this refusal in the gate of Stage ${stage.name} can never happen: its \`if\` is always false`,
        fix: 'write the condition under which a promotion must be refused',
      };
    }
  }
  const first = steps.findIndex(({ value }) => value['uses'] === 'fail');
  for (const step of steps.slice(first + 1)) {
    if (HARMLESS.has(text(step.value['uses'])) || !runsAfterFailure(step)) continue;
    yield {
      rule: 'kargo/gate-bypassed',
      at: step.object.at([...step.path, 'if']),
      message: `step ${text(step.value['uses'])} of Stage ${stage.name} also runs after its gate has refused: its \`if\` does not ask for success()`,
      fix: 'put `success() and` before the condition',
    };
  }
}

function* earlySteps(
  stage: BundleObject,
  gates: readonly Gate[],
  steps: readonly StageStep[],
): Generator<Draft> {
  const gated = new Set(gates.map(({ position }) => position));
  for (const { written, value, path, object } of steps) {
    if (gated.has(positionOf(written))) return;
    const kind = text(value['uses']);
    const acts = WRITING.has(kind) || (kind === 'git-clone' && createsBranch(value));
    if (!acts) continue;
    yield {
      rule: 'kargo/gate-late',
      at: written.object === object ? object.at(path) : placeOf(written),
      message: `step ${kind} of Stage ${stage.name} ${kind === 'git-clone' ? 'may push an empty branch' : 'acts'} before the first gate can refuse the promotion`,
      fix: 'put the gate before it',
    };
    return;
  }
}

/** The market may open between the gate and the push. */
function* lateGates(
  stage: BundleObject,
  gates: readonly Gate[],
  steps: readonly StageStep[],
): Generator<Draft> {
  if (!gates.some(({ timely }) => timely)) return;
  const push = steps.find(({ value }) => WRITING.has(text(value['uses'])));
  if (push === undefined) return;
  const before = positionOf(push.written) - 1;
  if (before < 0 || gates.some(({ position, timely }) => timely && position === before)) return;
  yield {
    rule: 'kargo/gate-late',
    at: placeOf(push.written),
    message: `this pushes what Stage ${stage.name} will run, and the step before it is no gate that looks at the time: what the first gate saw may have changed`,
    fix: 'repeat the gate right before it',
  };
}

/** A refusal ends auto-promotion of that Freight for good (facts/kargo.md §4). */
function* automatic(bundle: Bundle, stage: BundleObject, gates: readonly Gate[]): Generator<Draft> {
  for (const config of objectsOf(bundle, KARGO, 'ProjectConfig')) {
    const index = policyIndex(config, stage);
    const path = ['spec', 'promotionPolicies', index, 'autoPromotionEnabled'];
    if (valueAt(config.value, path) !== true || gates.length === 0) continue;
    yield {
      rule: 'kargo/gate-auto-promotion',
      at: config.at(path),
      message: `Stage ${stage.name} is promoted automatically and has a gate that refuses: after one refusal Kargo does not promote that Freight again by itself`,
      fix: 'let a person promote, or let the gate wait (an http step with a successExpression) instead of failing',
    };
  }
}

function createsBranch(value: StageStep['value']): boolean {
  return items(valueAt(value, ['config', 'checkout'])).some(
    (checkout) => fields(checkout)['create'] === true,
  );
}

function placeOf({ object, path, value }: WrittenStep): Draft['at'] {
  return object.at(value['task'] === undefined ? path : [...path, 'task', 'name']);
}
