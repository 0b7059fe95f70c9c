import { describe, expect, test } from 'vitest';
import {
  type AnalysisRun,
  analysisJob,
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

describe('the Job of a metric', () => {
  const args = 'args: [{name: image, value: i}, {name: stage, value: canary}]';
  const both = '[{name: image}, {name: stage}]';

  test('is the template’s, with arguments put in, in the Project’s namespace', () => {
    const analysis = run(`{analysisTemplates: [{name: gates}], ${args}}`, [
      template('gates', both),
    ]);
    const [metric] = analysis.metrics;
    expect(metric && analysisJob(analysis, metric, world, 'uid')).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'uid.gates-smoke.1',
        namespace: PROJECT,
        labels: { component: 'verifier', 'analysisrun.argoproj.io/uid': 'uid' },
        annotations: {
          'analysisrun.argoproj.io/name': analysis.name,
          'analysisrun.argoproj.io/namespace': PROJECT,
          'analysisrun.argoproj.io/metric-name': 'gates-smoke',
        },
      },
      spec: {
        backoffLimit: 0,
        template: {
          spec: { containers: [{ name: 'verify', image: 'i', args: ['--stage=canary'] }] },
        },
      },
    });
  });

  test('cannot be made when a placeholder has no argument', () => {
    const analysis = run(`{analysisTemplates: [{name: gates}], ${args}}`, [
      template('gates', both, '{{args.imag}}'),
    ]);
    const [metric] = analysis.metrics;
    expect(() => metric && analysisJob(analysis, metric, world, 'uid')).toThrow(
      'failed to resolve {{args.imag}}',
    );
  });

  test('keeps its name within 63 characters', () => {
    const long = 'a-name-of-more-than-twenty-four';
    const analysis = run(`{analysisTemplates: [{name: ${long}}], ${args}}`, [template(long, both)]);
    const [metric] = analysis.metrics;
    const job = metric && analysisJob(analysis, metric, world, 'u'.repeat(36));
    expect(job?.metadata.name).toBe(`${'u'.repeat(36)}.a-name-of-more-than-twen.1`);
    expect(job?.metadata.name).toHaveLength(63);
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
