import { beforeEach, describe, expect, test } from 'vitest';
import { CONTROLLER, ProjectState, type Refusal } from '../../../scripts/kargo/index.ts';
import { ALICE, admitted, freight, project, START, stageYaml } from './small-project.ts';

const STEP = '- {uses: compose-output, as: a, config: {x: "1"}}';
const SECOND = 1000;

/** A Stage behind others. */
function downstream(sources: string): string {
  return stageYaml(STEP)
    .replace('name: canary', 'name: full')
    .replace('{direct: true}', `{${sources}}`);
}

const NOT_AVAILABLE = {
  allowed: false,
  code: 422,
  message: expect.stringMatching(
    /^admission webhook "promotion\.kargo\.akuity\.io" denied the request: Promotion\.kargo\.akuity\.io "full\.[0-9a-z]{26}\.[0-9a-f]{7}" is invalid: spec\.freight: Invalid value: "[0-9a-f]{40}": Freight is not available to this Stage$/,
  ),
};

let now = START;
beforeEach(() => {
  now = START;
});

function begin(sources: string) {
  const state = new ProjectState(project(stageYaml(STEP), downstream(sources)), () => now);
  const { name } = state.addFreight(freight()).freight;
  const toFull = () => state.admit({ stage: 'full', freight: name }, ALICE);
  const throughCanary = () => state.ended(admitted(state, name), 'Succeeded');
  return { state, name, toFull, throughCanary };
}

describe('Freight for a downstream Stage', () => {
  test('is refused until it was verified upstream, in the words of the API server', () => {
    const { state, toFull, throughCanary } = begin('stages: [canary]');
    expect(toFull()).toMatchObject(NOT_AVAILABLE);
    throughCanary();
    expect(toFull()).toMatchObject(NOT_AVAILABLE);
    state.verified('canary');
    expect(toFull()).toMatchObject({ allowed: true, stage: 'full' });
  });

  test('is available by a person’s approval alone', () => {
    const { state, name, toFull } = begin('stages: [canary]');
    state.approve('full', name);
    expect(toFull()).toMatchObject({ allowed: true });
  });

  test('must soak upstream for the required time, counted from when it became current', () => {
    const { state, toFull, throughCanary } = begin('stages: [canary], requiredSoakTime: 1m');
    throughCanary();
    now += 59 * SECOND;
    state.verified('canary');
    expect(toFull()).toMatchObject(NOT_AVAILABLE);
    now += SECOND;
    expect(toFull()).toMatchObject({ allowed: true });
  });

  test('keeps the soak it completed when newer Freight replaces it upstream', () => {
    const { state, toFull, throughCanary } = begin('stages: [canary], requiredSoakTime: 1m');
    throughCanary();
    state.verified('canary');
    now += 60 * SECOND;
    const newer = state.addFreight(freight('v2')).freight;
    state.ended(admitted(state, newer.name), 'Succeeded');
    expect(toFull()).toMatchObject({ allowed: true });
  });

  test('must have passed every upstream Stage under the strategy All, one of them otherwise', () => {
    const all = begin('stages: [canary, other], availabilityStrategy: All');
    all.throughCanary();
    all.state.verified('canary');
    expect(all.toFull()).toMatchObject(NOT_AVAILABLE);
    const one = begin('stages: [canary, other]');
    one.throughCanary();
    one.state.verified('canary');
    expect(one.toFull()).toMatchObject({ allowed: true });
  });

  test('is not verified by a promotion that failed', () => {
    const { state, name, toFull } = begin('stages: [canary]');
    state.ended(admitted(state, name), 'Failed');
    state.verified('canary');
    expect(state.current('canary')).toEqual([]);
    expect(toFull()).toMatchObject(NOT_AVAILABLE);
  });
});

describe('a promotion', () => {
  const state = new ProjectState(project(stageYaml(STEP)), () => START);
  const { name } = state.addFreight(freight()).freight;
  const message = (refusal: ReturnType<ProjectState['admit']>): string =>
    (refusal as Refusal).message;

  test('of a Stage without steps is refused', () => {
    const none = new ProjectState(
      project(stageYaml(STEP).replace(/ {2}promotionTemplate.*/s, '')),
      () => START,
    );
    const { freight: target } = none.addFreight(freight());
    expect(message(none.admit({ stage: 'canary', freight: target.name }, ALICE))).toContain(
      'spec.stage: Invalid value: "canary": Stage "canary" in namespace "orderbooks-delivery" defines no promotion steps',
    );
  });

  test('of an unknown Stage names it', () => {
    expect(message(state.admit({ stage: 'canarry', freight: name }, ALICE))).toContain(
      'could not find Stage "canarry" in namespace "orderbooks-delivery"',
    );
  });

  test('of unknown Freight is refused like one that is not available', () => {
    expect(message(state.admit({ stage: 'canary', freight: 'f'.repeat(40) }, ALICE))).toContain(
      'Freight is not available to this Stage',
    );
  });

  test('needs the rights to create it and to promote the Stage', () => {
    const request = { stage: 'canary', freight: name };
    expect(state.admit(request, { ...ALICE, mayCreate: false })).toMatchObject({ code: 403 });
    expect(message(state.admit(request, { ...ALICE, mayPromote: false }))).toContain(
      'subject "alice" is not permitted to create Promotions for Stage "canary"',
    );
  });

  test('by a person carries the actor and drops what the person claims to be', () => {
    const annotations = {
      'kargo.akuity.io/create-actor': 'admin',
      'kargo.akuity.io/auto-promotion-resume': 'Warehouse/orderbooks',
      note: 'kept',
    };
    const request = { stage: 'canary', freight: name, annotations };
    expect(state.admit(request, ALICE)).toMatchObject({
      annotations: {
        'kargo.akuity.io/create-actor': 'kubernetes:alice',
        'kargo.akuity.io/stage': 'canary',
        note: 'kept',
      },
    });
    expect(state.admit({ stage: 'canary', freight: name }, CONTROLLER)).toMatchObject({
      annotations: { 'kargo.akuity.io/stage': 'canary' },
    });
  });
});
