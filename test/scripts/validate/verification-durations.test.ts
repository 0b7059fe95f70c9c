import { describe, expect, it } from 'vitest';
import { judgeTexts } from './judging.ts';

/** Findings of the rule about a verification whose Job may run 2700 s, with its policy in a ConfigMap. */
function said(
  { given = [], options = [], policy = '' }: Readonly<Record<string, readonly string[] | string>>,
  seconds = 2700,
): readonly string[] {
  const words = ['verify', '--gate=ws-smoke', '--policy=/etc/p/policy.yaml', ...options];
  const { findings } = judgeTexts(
    {
      'stage.yaml': `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: s, namespace: ns}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: w}, sources: {direct: true}}]
  verification:
    analysisTemplates: [{name: t}]
    args: [${[...given].join(', ')}]
`,
      'template.yaml': `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t, namespace: ns}
spec:
  args: [{name: deadline, value: policy}, {name: observation, value: policy}]
  metrics:
  - name: m
    provider:
      job:
        spec:
          backoffLimit: 0
          activeDeadlineSeconds: ${seconds}
          template:
            spec:
              containers:
              - {name: v, args: [${words.map((word) => `"${word}"`).join(', ')}], volumeMounts: [{name: p, mountPath: /etc/p}]}
              volumes: [{name: p, configMap: {name: p}}]
`,
      'configmap.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: p, namespace: ns}
data:
  policy.yaml: |
    ${policy}
`,
    },
    { house: true },
  );
  return findings
    .filter(({ rule }) => rule === 'orderbooks/verification-durations')
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

const PASSED_ON = ['--deadline={{args.deadline}}', '--observation={{args.observation}}'];

describe('the durations of a verification', () => {
  it('are good where the run and its evidence fit into the Job', () => {
    expect(said({ options: [...PASSED_ON, '--job-deadline=45m'] })).toEqual([]);
    expect(said({ options: PASSED_ON, given: ['{name: deadline, value: 44m}'] })).toEqual([]);
    expect(said({ policy: 'deadline: 44m' })).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, readonly string[] | string>>, string, RegExp]>([
    [
      'that the Stage makes as long as the Job',
      { options: PASSED_ON, given: ['{name: deadline, value: 45m}'] },
      'template.yaml:12',
      /expected at most 44m, a minute less than the Job's own deadline of 45m.*got 45m/,
    ],
    [
      'that the policy makes longer than the Job',
      { policy: 'deadline: 1h' },
      'template.yaml:12',
      /got 1h/,
    ],
    [
      'that the verifier is told otherwise',
      { options: ['--job-deadline=50m'] },
      'template.yaml:12',
      /told --job-deadline=50m, but its Job may run 2700 s/,
    ],
    [
      'that are none where the verifier is told them',
      { options: ['--job-deadline=long'] },
      'template.yaml:12',
      /told --job-deadline=long/,
    ],
    [
      'with a wait beyond the deadline',
      { options: PASSED_ON, given: ['{name: observation, value: 41m}'] },
      'stage.yaml:8',
      /--observation: observation: expected less than the deadline 40m/,
    ],
    [
      'of which one is none',
      { options: PASSED_ON, given: ['{name: observation, value: soon}'] },
      'stage.yaml:8',
      /--observation: observation: expected a duration/,
    ],
    ['of a Job that ends before the usual run', { seconds: '' }, 'template.yaml:12', /got 40m/],
  ])('%s are found', (_what, about, place, saying) => {
    const [found, ...more] = said(about, 'seconds' in about ? 600 : 2700);
    expect(more).toEqual([]);
    expect(found).toMatch(new RegExp(`^${place}: `));
    expect(found).toMatch(saying);
  });

  it('that only a promotion knows are not judged', () => {
    const given = ['{name: deadline, value: "${{ configMap(\'x\').deadline }}"}'];
    expect(said({ options: PASSED_ON, given })).toEqual([]);
  });
});
