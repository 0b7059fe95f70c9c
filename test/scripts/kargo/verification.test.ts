import { describe, expect, test } from 'vitest';
import {
  type AnalysisRun,
  analysisOutcome,
  buildAnalysisRun,
  MemoryWorld,
} from '../../../scripts/kargo/index.ts';
import { freight, IMAGE, PROJECT, project, START, stageYaml } from './small-project.ts';

const STEP = '- {uses: compose-output, as: a, config: {x: "1"}}';

function template(name: string, args: string, image = '{{args.image}}'): string {
  return `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: ${name}}
spec:
  args: ${args}
  metrics:
  - name: ${name}-smoke
    provider:
      job:
        metadata: {labels: {component: verifier}}
        spec:
          backoffLimit: 0
          template:
            spec:
              containers:
              - {name: verify, image: "${image}", args: ["--stage={{ args.stage }}"]}
`;
}

const world = new MemoryWorld({ project: PROJECT, now: () => new Date(START) });

function build(verification: string, templates: readonly string[], vars = 'vars: []') {
  const built = project(stageYaml(STEP, `${vars}\nverification: ${verification}`), ...templates);
  const stage = built.stages.get('canary');
  if (stage === undefined) throw new Error('no Stage');
  return buildAnalysisRun(built, stage, [freight()], world, START);
}

function run(verification: string, templates: readonly string[], vars?: string): AnalysisRun {
  const built = build(verification, templates, vars);
  if (built === null || 'message' in built) throw new Error(built?.message ?? 'none');
  return built;
}

const ARGS =
  "{analysisTemplates: [{name: gates}], args: [{name: image, value: \"${{ vars.repo }}@${{ imageFrom('registry.example.com/data/orderbooks').Digest }}\"}, {name: stage, value: '${{ ctx.stage }}'}, {name: undeclared, value: x}]}";

describe('arguments of a verification', () => {
  test('are evaluated with Stage vars, and those that no template declares are dropped', () => {
    const analysis = run(
      ARGS,
      [template('gates', '[{name: image}, {name: stage}, {name: minutes, value: "15"}]')],
      `vars: [{name: repo, value: ${IMAGE}}]`,
    );
    expect(analysis.args).toEqual([
      { name: 'image', value: `${IMAGE}@sha256:v1` },
      { name: 'stage', value: 'canary' },
      { name: 'minutes', value: '15' },
    ]);
    expect(analysis.name).toMatch(/^canary\.[0-9a-z]{26}\.[0-9a-f]{7}$/);
    expect(analysis.labels['kargo.akuity.io/stage']).toBe('canary');
  });

  test.each([
    ['a number', '${{ 5 }}', 'evaluated argument "stage" value is not a string but float64'],
    ['digits', "${{ '42' }}", 'evaluated argument "stage" value is not a string but float64'],
    ['nothing', '', 'unresolved argument "stage": neither Value nor ValueFrom is set'],
    ['an error', '${{ ctx.promotion.x }}', 'evaluate argument "stage": cannot fetch x from <nil>'],
    ['outputs', '${{ outputs.a }}', 'evaluate argument "stage": cannot fetch a from <nil>'],
  ])('that are %s make the verification an error', (_name, value, message) => {
    const verification = `{analysisTemplates: [{name: gates}], args: [{name: stage, value: ${JSON.stringify(value)}}]}`;
    expect(build(verification, [template('gates', '[{name: stage}]')])).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  test('cannot come from a template that does not exist', () => {
    expect(build('{analysisTemplates: [{name: gates}]}', [])).toMatchObject({
      message: expect.stringContaining(
        'get AnalysisRun "gates" in namespace "orderbooks-delivery": AnalysisTemplate.argoproj.io "gates" not found',
      ),
    });
  });

  test('are not needed by a Stage without verification', () => {
    const built = project(stageYaml(STEP));
    const stage = built.stages.get('canary');
    expect(stage && buildAnalysisRun(built, stage, [freight()], world, START)).toBeNull();
  });
});

describe('the outcome of an AnalysisRun', () => {
  const analysis: AnalysisRun = {
    name: 'r',
    namespace: PROJECT,
    labels: {},
    args: [],
    metrics: [],
    dryRun: ['trial-.*'],
  };

  test('is Failed in the words of Argo Rollouts when a metric failed', () => {
    expect(analysisOutcome(analysis, [{ metric: 'ws-smoke', phase: 'Failed' }])).toEqual({
      phase: 'Failed',
      message: 'Metric "ws-smoke" assessed Failed due to failed (1) > failureLimit (0)',
    });
  });

  test('names the limits of the metric itself', () => {
    const limited = {
      ...analysis,
      metrics: [{ name: 'ws-smoke', provider: {}, consecutiveErrorLimit: 1 }],
    };
    expect(analysisOutcome(limited, [{ metric: 'ws-smoke', phase: 'Error' }]).message).toBe(
      'Metric "ws-smoke" assessed Error due to consecutiveErrors (2) > consecutiveErrorLimit (1)',
    );
  });

  test('leaves metrics of a dry run out', () => {
    expect(
      analysisOutcome(analysis, [
        { metric: 'ws-smoke', phase: 'Successful' },
        { metric: 'trial-lag', phase: 'Failed' },
      ]),
    ).toEqual({ phase: 'Successful', message: '' });
  });
});
