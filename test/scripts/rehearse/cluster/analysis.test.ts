import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { at } from '../../../../scripts/rehearse/cluster/fields.ts';
import { type Fixture, NAMESPACE, podSpec, REPOSITORY, startFixture } from './fixture.ts';

describe('an AnalysisRun in the local cluster', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.end());

  const metric = (name: string, args: readonly string[], extra: object = {}) => ({
    name,
    ...extra,
    provider: {
      job: {
        metadata: { labels: { 'app.kubernetes.io/component': 'verifier' } },
        spec: {
          backoffLimit: 0,
          template: {
            spec: podSpec({
              image: '{{args.image}}',
              args,
              spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1 },
            }),
          },
        },
      },
    },
  });
  const run = (...metrics: readonly object[]): KubernetesObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'canary-gates', namespace: NAMESPACE },
    spec: {
      args: [
        { name: 'image', value: `${REPOSITORY}:v1` },
        { name: 'code', value: '0' },
      ],
      metrics,
    },
  });
  const status = () =>
    at(
      fixture.cluster.get('argoproj.io/v1alpha1', 'AnalysisRun', NAMESPACE, 'canary-gates'),
      'status',
    );
  const finished = async (...metrics: readonly object[]) => {
    fixture.cluster.apply([run(...metrics)]);
    await fixture.event('analysis-finished');
    return status();
  };

  it('runs its metric as a Job of its namespace and is Successful when that completes', async () => {
    expect(
      await finished(metric('ws-smoke', ['exit', '{{args.code}}', '--x={{ args.code }}'])),
    ).toMatchObject({
      phase: 'Successful',
      metricResults: [{ name: 'ws-smoke', phase: 'Successful', successful: 1 }],
    });
    const [job] = fixture.cluster.list('batch/v1', 'Job', NAMESPACE);
    const owner = fixture.cluster.get(
      'argoproj.io/v1alpha1',
      'AnalysisRun',
      NAMESPACE,
      'canary-gates',
    );
    expect(job?.metadata.name).toBe(`${owner?.metadata['uid']}.ws-smoke.1`);
    const log = await fixture.event('pod-log');
    expect(log.component).toBe('ws-recorder');
    expect(at(JSON.parse(log.line), 'rest')).toEqual(['0', '--x=0']);
  });

  it('is Failed in the words of Rollouts when the Job fails, and says nothing of the reason', async () => {
    expect(await finished(metric('ws-smoke', ['exit', '1']))).toMatchObject({
      phase: 'Failed',
      message: 'Metric "ws-smoke" assessed Failed due to failed (1) > failureLimit (0)',
    });
  });

  it('ends the other metrics when one fails', async () => {
    expect(await finished(metric('bad', ['exit', '1']), metric('endless', ['hang']))).toMatchObject(
      {
        phase: 'Failed',
        metricResults: [
          { name: 'bad', phase: 'Failed' },
          {
            name: 'endless',
            phase: 'Successful',
            measurements: [{ message: 'Metric Terminated' }],
          },
        ],
      },
    );
    await fixture.until(
      'Job gone',
      () => fixture.cluster.list('batch/v1', 'Job', NAMESPACE).length === 1,
    );
  });

  it('is Error when a placeholder cannot be resolved', async () => {
    const wrong = metric('ws-smoke', ['{{args.absent}}'], { consecutiveErrorLimit: 0 });
    expect(await finished(wrong)).toMatchObject({
      phase: 'Error',
      message:
        'Metric "ws-smoke" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: failed to resolve {{args.absent}}"',
    });
  });

  it('names a metric that it cannot measure', async () => {
    const web = { name: 'web', consecutiveErrorLimit: 0, provider: { web: { url: 'http://x' } } };
    const result = await finished(web);
    expect(at(result, 'message')).toContain('measures provider job once, seen: web');
  });
});
