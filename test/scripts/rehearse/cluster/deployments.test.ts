import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../../scripts/rehearse/cluster/fields.ts';
import { CLAIM, type Fixture, NAMESPACE, REPOSITORY, server, startFixture } from './fixture.ts';

describe('a Deployment in the local cluster', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.end());

  it('runs the image as a process and becomes available once its probes succeed', async () => {
    const { cluster, image } = fixture;
    cluster.apply([CLAIM, server(`${REPOSITORY}:v1@${image.digest}`)]);
    const available = await fixture.until('available', () => {
      const found = cluster.get('apps/v1', 'Deployment', NAMESPACE, 'orderbooks-ws-recorder');
      return at(found, 'status', 'availableReplicas') === 1 && found;
    });
    expect(at(available, 'status')).toMatchObject({ observedGeneration: 1, readyReplicas: 1 });
    const [pod] = cluster.list('v1', 'Pod', NAMESPACE, 'app.kubernetes.io/component=ws-recorder');
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
});
