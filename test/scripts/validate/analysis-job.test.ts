import { describe, expect, it } from 'vitest';
import { briefly, judgeTexts } from './judging.ts';

function findingsOfMetric(name: string, provider: string) {
  const { findings } = judgeTexts({
    'template.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: t}
spec:
  metrics:
  - name: ${name}
    provider: {${provider}}
`,
  });
  // What else is wrong with the Job is said by the schema of its kind.
  return briefly(findings.filter(({ rule }) => rule !== 'rollouts/object-invalid'));
}

const SOUND = 'job: {spec: {backoffLimit: 0, activeDeadlineSeconds: 60}}';

describe('a metric', () => {
  it('that runs a Job may have a name of 24 characters and no longer one', () => {
    expect(findingsOfMetric('a'.repeat(24), SOUND)).toEqual([]);
    expect(findingsOfMetric('a'.repeat(25), SOUND)).toEqual(['rollouts/metric-name-too-long 6:11']);
  });

  it('that runs no Job may have any name', () => {
    expect(findingsOfMetric('a'.repeat(40), 'prometheus: {query: up}')).toEqual([]);
  });

  it.each([
    ['nothing', 'job: {spec: {}}', ['7:22', '7:22']],
    [
      'null for both',
      'job: {spec: {backoffLimit: null, activeDeadlineSeconds: null}}',
      ['7:22', '7:22'],
    ],
    ['no spec at all', 'job: {}', ['7:16', '7:16']],
    ['retries only', 'job: {spec: {activeDeadlineSeconds: 60, backoffLimit: 1}}', ['7:70']],
  ])('whose Job says %s of its end is reported', (_, provider, places) => {
    expect(findingsOfMetric('m', provider)).toEqual(
      places.map((place) => `rollouts/no-deadline ${place}`),
    );
  });
});
