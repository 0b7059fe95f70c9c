import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { admitStageOrTask } from '../../../scripts/kargo/index.ts';
import { stageYaml, taskYaml } from './small-project.ts';

const STEP = '- {uses: compose-output, as: a, config: {x: "1"}}';

function message(yaml: string): string | undefined {
  return admitStageOrTask(parse(yaml))?.message;
}

describe('a Stage that Kargo takes', () => {
  test.each([
    ['ordinary', STEP],
    ['of an unknown step kind', '- {uses: git-pusch, config: {}}'],
    ['with a broken expression', '- {uses: fail, config: {message: "${{ 1 + }}"}}'],
    ['with a wrong step configuration', '- {uses: fail, config: {reason: x}}'],
  ])('%s', (_name, steps) => {
    expect(message(stageYaml(steps))).toBeUndefined();
  });
});

describe('a Stage that Kargo refuses', () => {
  const steps = 'spec.promotionTemplate.spec.steps';
  test.each([
    [
      'a repeated alias',
      `${STEP}\n${STEP}`,
      `${steps}[1].as: Invalid value: "a": step alias duplicates that of ${steps}[0]`,
    ],
    ['a reserved alias', '- {uses: fail, as: task-7}', 'step alias is reserved'],
    ['neither uses nor task', '- {as: a}', 'must have exactly one of uses or task set'],
    [
      'if on a task',
      '- {task: {name: t}, if: "${{ true }}"}',
      "Forbidden: PromotionTemplate step referencing a task cannot have an 'if' condition",
    ],
    ['retry on a task', '- {task: {name: t}, retry: {}}', 'cannot set retry'],
    [
      'if that is no text',
      '- {uses: fail, if: true}',
      'cannot unmarshal bool into Go struct field',
    ],
    [
      'a time-out without unit',
      '- {uses: fail, retry: {timeout: "30"}}',
      'time: missing unit in duration "30"',
    ],
  ])('%s', (_name, yaml, text) => {
    expect(message(stageYaml(yaml))).toContain(text);
  });

  test('a var whose name is no identifier', () => {
    expect(message(stageYaml(STEP, 'vars: [{name: a-b, value: x}]'))).toBe(
      'Stage.kargo.akuity.io "canary" is invalid: spec.vars[0].name: Invalid value: "a-b": spec.vars[0].name in body should match \'^[a-zA-Z_]\\w*$\'',
    );
  });

  test('MatchUpstream beside a direct source', () => {
    const yaml = stageYaml(STEP).replace(
      '{direct: true}',
      '{direct: true, autoPromotionOptions: {selectionPolicy: MatchUpstream}}',
    );
    expect(message(yaml)).toContain('requires exactly one upstream Stage to be specified');
  });
});

test('a task that refers to another task is refused', () => {
  expect(message(taskYaml('t', '[]', '- {task: {name: other}}'))).toContain(
    'PromotionTask step must have uses set and must not reference another task',
  );
});
