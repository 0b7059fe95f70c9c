import { describe, expect, test } from 'vitest';
import { CONTROLLER, ProjectState } from '../../../scripts/kargo/index.ts';
import { ALICE, freight, project, START, stageYaml } from './small-project.ts';

const STAGE = stageYaml('- {uses: compose-output, as: a, config: {x: "1"}}');

function config(...policies: readonly string[]): string {
  return `
apiVersion: kargo.akuity.io/v1alpha1
kind: ProjectConfig
metadata: {name: orderbooks-delivery}
spec:
  promotionPolicies: [${policies.join(', ')}]
`;
}

const ON = '{stageSelector: {name: canary}, autoPromotionEnabled: true}';

/** A Project with two Freight, the second one newer. */
function begin(...policies: readonly string[]) {
  let now = START;
  const state = new ProjectState(project(STAGE, config(...policies)), () => {
    now += 1000;
    return now;
  });
  const older = state.addFreight(freight('v9')).freight.name;
  const newest = state.addFreight(freight('v1')).freight.name;
  const next = () => state.nextAutoPromotion('canary')?.name;
  const promote = (name: string, phase: 'Succeeded' | 'Failed' | 'Aborted', by = CONTROLLER) => {
    const promotion = state.admit({ stage: 'canary', freight: name }, by);
    if (!promotion.allowed) throw new Error(promotion.message);
    state.ended(promotion, phase);
  };
  return { state, older, newest, next, promote };
}

describe('the first policy whose selector matches decides', () => {
  test.each([
    ['no policy', [], false],
    ['an exact name', [ON], true],
    [
      'off before on',
      ['{stageSelector: {name: "glob:can*"}, autoPromotionEnabled: false}', ON],
      false,
    ],
    [
      'on before off',
      [ON, '{stageSelector: {name: "glob:can*"}, autoPromotionEnabled: false}'],
      true,
    ],
    ['another Stage', ['{stageSelector: {name: full}, autoPromotionEnabled: true}'], false],
    ['a glob', ['{stageSelector: {name: "glob:can*"}, autoPromotionEnabled: true}'], true],
    [
      'a regular expression',
      ['{stageSelector: {name: "regex:^can"}, autoPromotionEnabled: true}'],
      true,
    ],
    ['the old stage field', ['{stage: canary, autoPromotionEnabled: true}'], true],
    [
      'labels the Stage does not have',
      ['{stageSelector: {matchLabels: {tier: x}}, autoPromotionEnabled: true}'],
      false,
    ],
  ])('%s', (_name, policies, enabled) => {
    expect(begin(...policies).next() !== undefined).toBe(enabled);
  });
});

describe('auto-promotion', () => {
  test('takes the Freight that was discovered last, whatever its version', () => {
    const { newest, next } = begin(ON);
    expect(next()).toBe(newest);
  });

  test('leaves a Stage alone that has the newest', () => {
    const { newest, next, promote } = begin(ON);
    promote(newest, 'Succeeded');
    expect(next()).toBeUndefined();
  });

  test.each(['Failed', 'Aborted'] as const)(
    'does not repeat what %s, and takes a newer one',
    (phase) => {
      const { state, newest, next, promote } = begin(ON);
      promote(newest, phase);
      expect(next()).toBeUndefined();
      const newer = state.addFreight(freight('v3')).freight.name;
      expect(next()).toBe(newer);
    },
  );

  test('is held by a person who promotes older Freight, even in vain, until the newest is promoted by hand', () => {
    const { state, older, newest, next, promote } = begin(ON);
    promote(newest, 'Succeeded');
    promote(older, 'Failed', ALICE);
    expect(state.holds('canary')).toEqual(['orderbooks']);
    const newer = state.addFreight(freight('v3')).freight.name;
    expect(next()).toBeUndefined();
    promote(newer, 'Succeeded', ALICE);
    expect(state.holds('canary')).toEqual([]);
    const last = state.addFreight(freight('v4')).freight.name;
    expect(next()).toBe(last);
  });
});
