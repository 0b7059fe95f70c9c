import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../../scripts/rehearse/cluster/fields.ts';
import { type Fixture, job, NAMESPACE, REPOSITORY, startFixture } from './fixture.ts';

const IMAGE = `${REPOSITORY}:v1`;

describe('a Job in the local cluster', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.end());

  const status = (name: string) =>
    at(fixture.cluster.get('batch/v1', 'Job', NAMESPACE, name), 'status');
  const pods = (name: string) =>
    fixture.cluster.list('v1', 'Pod', NAMESPACE, `batch.kubernetes.io/job-name=${name}`);

  it('is Complete when its pod exits with 0', async () => {
    fixture.cluster.apply([job('good', { image: IMAGE, args: ['exit', '0'] })]);
    const end = await fixture.event('job-finished');
    expect(end).toMatchObject({ job: 'good', succeeded: true, reason: 'CompletionsReached' });
    expect(status('good')).toMatchObject({
      succeeded: 1,
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', status: 'True' }],
    });
    expect(at(pods('good')[0], 'status', 'phase')).toBe('Succeeded');
  });

  it('fails at its back-off limit and keeps the failed pod with its exit code', async () => {
    fixture.cluster.apply([job('bad', { image: IMAGE, args: ['exit', '7'] }, { backoffLimit: 1 })]);
    const end = await fixture.event('job-finished');
    expect(end).toMatchObject({
      succeeded: false,
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(status('bad')).toMatchObject({ failed: 2 });
    expect(pods('bad')).toHaveLength(2);
    expect(at(pods('bad')[0], 'status')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 7, reason: 'Error' } } }],
    });
  });

  it('fails at its deadline only once its pod is gone', async () => {
    fixture.cluster.apply([
      job(
        'slow',
        { image: IMAGE, args: ['hang'], spec: { terminationGracePeriodSeconds: 1 } },
        { activeDeadlineSeconds: 3 },
      ),
    ]);
    const end = await fixture.event('job-finished');
    expect(end).toMatchObject({ succeeded: false, reason: 'DeadlineExceeded' });
    const exit = await fixture.event('pod-exited');
    expect(exit.exitCode).toBe(137);
    expect(exit.at.getTime()).toBeLessThanOrEqual(end.at.getTime());
    await fixture.event('pod-deleted');
    expect(pods('slow')).toHaveLength(0);
  });

  it('goes with its pods when its time to live after the end is over', async () => {
    fixture.cluster.apply([
      job('short', { image: IMAGE, args: ['exit', '0'] }, { ttlSecondsAfterFinished: 0 }),
    ]);
    await fixture.event('job-finished');
    await fixture.event('pod-deleted');
    expect(status('short')).toBeUndefined();
    expect(pods('short')).toHaveLength(0);
  });

  it('is refused without a restart policy that Jobs may have', () => {
    const wrong = job('wrong', { image: IMAGE, args: [], spec: { restartPolicy: 'Always' } });
    expect(() => fixture.cluster.apply([wrong])).toThrow(
      'Job.batch "wrong" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Always"',
    );
  });

  it('waits for a ServiceAccount that is missing, and says so', async () => {
    fixture.cluster.apply([
      job('lonely', { image: IMAGE, args: ['exit', '0'], spec: { serviceAccountName: 'nobody' } }),
    ]);
    const problem = await fixture.event('problem');
    expect(problem.message).toContain(
      'error looking up service account orderbooks-canary/nobody: serviceaccount "nobody" not found',
    );
    fixture.cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'nobody', namespace: NAMESPACE },
      },
    ]);
    expect(await fixture.event('job-finished')).toMatchObject({ succeeded: true });
  });
});
