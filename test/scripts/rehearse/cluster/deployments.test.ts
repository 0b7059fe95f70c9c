import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../../scripts/rehearse/cluster/fields.ts';
import { CLAIM, type Fixture, NAMESPACE, REPOSITORY, server, startFixture } from './fixture.ts';

describe('a Deployment in the local cluster', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.end());

  const live = () =>
    fixture.cluster.get('apps/v1', 'Deployment', NAMESPACE, 'orderbooks-ws-recorder');
  const available = () =>
    fixture.until('available', () => at(live(), 'status', 'availableReplicas') === 1);
  const pods = () =>
    fixture.cluster.list('v1', 'Pod', NAMESPACE, 'app.kubernetes.io/component=ws-recorder');
  const claim = (file: string) =>
    join(fixture.cluster.claimFolder(NAMESPACE, 'orderbooks-data'), file);

  it('runs the image as a process and becomes available once its probes succeed', async () => {
    const { cluster, image } = fixture;
    cluster.apply([CLAIM, server(`${REPOSITORY}:v1@${image.digest}`)]);
    await available();
    expect(at(live(), 'status')).toMatchObject({ observedGeneration: 1, readyReplicas: 1 });
    const [pod] = pods();
    expect(pod?.metadata.name).toMatch(/^orderbooks-ws-recorder-[a-z0-9]{10}-[a-z0-9]{5}$/);
    expect(at(pod, 'status')).toMatchObject({
      phase: 'Running',
      containerStatuses: [
        {
          name: 'ws-recorder',
          ready: true,
          imageID: `${REPOSITORY}@${image.digest}`,
          restartCount: 0,
        },
      ],
    });
  });

  it('lets the old pod end before the new one starts, on the same data', async () => {
    const { cluster } = fixture;
    cluster.apply([CLAIM, server(`${REPOSITORY}:v1`)]);
    await available();
    const old = pods()[0]?.metadata.name;
    const second = await fixture.build('v2', 'b'.repeat(40));
    cluster.apply([server(`${REPOSITORY}:v2`)]);
    await fixture.event('pod-ready', (event) => event.pod !== old);
    await fixture.until('rolled out', () => at(live(), 'status', 'updatedReplicas') === 1);
    const history = (await readFile(claim('history'), 'utf8')).trim().split('\n');
    expect(history.map((line) => line.split(' ')[0])).toEqual(['start', 'stop', 'start']);
    expect(new Set(history.map((line) => line.split(' ')[1])).size).toBe(2);
    const order = fixture.events.filter(({ type }) =>
      ['pod-started', 'pod-exited', 'pod-deleted'].includes(type),
    );
    expect(order.map(({ type }) => type)).toEqual([
      'pod-started',
      'pod-exited',
      'pod-deleted',
      'pod-started',
    ]);
    expect(pods()).toHaveLength(1);
    expect(at(pods()[0], 'status', 'containerStatuses')).toMatchObject([
      { imageID: `${REPOSITORY}@${second.digest}` },
    ]);
  });

  it('replaces a deleted pod at once, while it still ends', async () => {
    const { cluster } = fixture;
    cluster.apply([CLAIM, server(`${REPOSITORY}:v1`)]);
    await available();
    const old = pods()[0]?.metadata.name ?? '';
    cluster.delete('v1', 'Pod', NAMESPACE, old);
    expect(pods()[0]?.metadata['deletionTimestamp']).toBeDefined();
    await fixture.event('pod-deleted', (event) => event.pod === old);
    await fixture.event('pod-ready', (event) => event.pod !== old);
    await available();
    const exit = await fixture.event('pod-exited', (event) => event.pod === old);
    expect(exit).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(pods().map((pod) => pod.metadata.name)).not.toContain(old);
  });

  it('is not available while the readiness probe fails, and says so', async () => {
    fixture.cluster.apply([CLAIM, server(`${REPOSITORY}:v1`)]);
    await available();
    await writeFile(claim('not-ready'), '');
    const event = await fixture.event('pod-not-ready');
    expect(event.message).toBe('Readiness probe failed: HTTP probe failed with statuscode: 503');
    await fixture.until('unavailable', () => at(live(), 'status', 'availableReplicas') === 0);
    expect(at(pods()[0], 'status', 'conditions')).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }),
    );
  });

  it('restarts the container in its pod when the liveness probe fails', async () => {
    fixture.cluster.apply([CLAIM, server(`${REPOSITORY}:v1`)]);
    await available();
    const name = pods()[0]?.metadata.name;
    await writeFile(claim('not-alive'), '');
    const killing = await fixture.event('pod-killing');
    expect(killing.message).toContain('Liveness probe failed');
    await fixture.event('pod-started', (event) => event.restarts === 1);
    expect(pods().map((pod) => pod.metadata.name)).toEqual([name]);
  });

  it('keeps restarting a container that crashes, with a growing back-off that it reports', async () => {
    fixture.cluster.apply([
      CLAIM,
      server(`${REPOSITORY}:v1`, { container: { args: ['exit', '3'] } }),
    ]);
    await fixture.event('pod-started', (event) => event.restarts === 2);
    const waiting = await fixture.event('pod-waiting', (event) => event.message.includes('0.1s'));
    expect(waiting.reason).toBe('CrashLoopBackOff');
    expect(at(live(), 'status', 'availableReplicas')).toBe(0);
    const status = at(pods()[0], 'status');
    expect(status).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ lastState: { terminated: { exitCode: 3, reason: 'Error' } } }],
    });
  });

  it('kills a container that ignores SIGTERM when its grace period is over', async () => {
    const { cluster } = fixture;
    const hanging = server(`${REPOSITORY}:v1`, {
      container: {
        args: ['hang'],
        startupProbe: undefined,
        readinessProbe: undefined,
        livenessProbe: undefined,
      },
      spec: { terminationGracePeriodSeconds: 1 },
    });
    cluster.apply([CLAIM, hanging]);
    await fixture.event('pod-log', (event) => event.line === 'hanging');
    const name = pods()[0]?.metadata.name ?? '';
    const asked = Date.now();
    cluster.delete('v1', 'Pod', NAMESPACE, name);
    const exit = await fixture.event('pod-exited', (event) => event.pod === name);
    expect(exit).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    expect(exit.at.getTime() - asked).toBeGreaterThanOrEqual(1000);
    expect(fixture.events).toContainEqual(
      expect.objectContaining({ type: 'pod-log', line: 'ignoring SIGTERM' }),
    );
  });

  it('is refused with any strategy but Recreate', () => {
    const rolling = server(`${REPOSITORY}:v1`);
    const spec = { ...(rolling['spec'] as object), strategy: { type: 'RollingUpdate' } };
    expect(() => fixture.cluster.apply([{ ...rolling, spec }])).toThrow(
      'supports only Recreate, because two recorders must never share a data volume',
    );
  });

  it('reports that its progress deadline is over', async () => {
    const waiting = server(`${REPOSITORY}:unknown`);
    const spec = { ...(waiting['spec'] as object), progressDeadlineSeconds: 1 };
    fixture.cluster.apply([CLAIM, { ...waiting, spec }]);
    await fixture.until('deadline', () =>
      JSON.stringify(live()?.['status']).includes('ProgressDeadlineExceeded'),
    );
  });

  it('says what its pods wait for when it is not ready in time', async () => {
    const { cluster } = fixture;
    cluster.apply([CLAIM, server(`${REPOSITORY}:unknown`)]);
    await fixture.event('pod-waiting');
    const wait = { namespace: NAMESPACE, deployment: 'orderbooks-ws-recorder', timeoutMs: 200 };
    await expect(cluster.whenReady(wait)).rejects.toThrow(
      /was not ready within 0.2 s: Waiting for rollout to finish: 0 of 1 .*: (ErrImagePull|ImagePullBackOff) failed to pull and unpack image/,
    );
    await fixture.build('unknown', 'e'.repeat(40));
    await cluster.whenReady({ ...wait, timeoutMs: 20_000 });
    expect(at(live(), 'status', 'availableReplicas')).toBe(1);
  });

  it('takes its pods along when it is deleted', async () => {
    fixture.cluster.apply([CLAIM, server(`${REPOSITORY}:v1`)]);
    await available();
    fixture.cluster.delete('apps/v1', 'Deployment', NAMESPACE, 'orderbooks-ws-recorder');
    await fixture.event('pod-deleted');
    expect(pods()).toHaveLength(0);
    expect(fixture.cluster.list('apps/v1', 'ReplicaSet', NAMESPACE)).toHaveLength(0);
  });
});
