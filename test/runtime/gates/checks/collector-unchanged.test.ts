import { describe, expect, it } from 'vitest';
import { collectorUnchanged } from '../../../../runtime/gates/checks/collector-unchanged.ts';
import type { CollectorState } from '../../../../runtime/gates/facts.ts';
import type { Pod } from '../../../../runtime/gates/platform.ts';
import { collector, DIGEST, OTHER_DIGEST, SUBJECT, World } from '../world.ts';

const OLD_IMAGE = `registry.example.com/data/orderbooks@${OTHER_DIGEST}`;

const pod = (uid: string, overrides: Partial<Pod> = {}): Pod => ({
  namespace: 'orderbooks',
  name: `collector-${uid}`,
  uid,
  phase: 'Running',
  ready: true,
  terminating: false,
  image: 'orderbooks',
  imageDigest: DIGEST,
  restarts: 0,
  startedAt: '2026-11-21T10:00:00Z',
  ...overrides,
});

const NEW: CollectorState = { deployment: collector(), pods: [pod('new')] };
const OLD: CollectorState = {
  deployment: collector({ image: OLD_IMAGE }),
  pods: [pod('old', { imageDigest: OTHER_DIGEST })],
};
const NONE: CollectorState = { deployment: null, pods: [] };

async function judge(stage: 'canary' | 'full', before: CollectorState, after: CollectorState) {
  const context = {
    ...new World().context(),
    subject:
      stage === 'canary' ? SUBJECT : { ...SUBJECT, stage, namespace: SUBJECT.productionNamespace },
  };
  return collectorUnchanged.run(context, { collectorBefore: before, collectorAfter: after });
}

describe('collector-unchanged in the canary', () => {
  it('passes on the same pods, whatever their release', async () => {
    expect((await judge('canary', OLD, OLD)).status).toBe('pass');
  });

  it('refuses the promoted release in production: nobody promoted it there', async () => {
    const { status, reason } = await judge('canary', OLD, NEW);
    expect(status).toBe('fail');
    expect(reason).toContain('image changed');
  });
});

describe('collector-unchanged in full', () => {
  it.each<[string, CollectorState, CollectorState]>([
    ['rolled out before the run and left alone', NEW, NEW],
    ['replaced by the promoted digest during the run', OLD, NEW],
    ['deployed for the first time', NONE, NEW],
    [
      'being rolled out when the run began',
      { ...NEW, pods: [pod('old', { imageDigest: OTHER_DIGEST, terminating: true })] },
      NEW,
    ],
    [
      'rolled out, with the pod before still on its way out',
      { ...NEW, pods: [...NEW.pods, pod('old', { terminating: true, imageDigest: OTHER_DIGEST })] },
      NEW,
    ],
  ])('passes when it was %s', async (_, before, after) => {
    expect(await judge('full', before, after)).toMatchObject({ status: 'pass' });
  });

  it.each<[string, CollectorState, CollectorState, RegExp]>([
    ['it is still on another release', OLD, OLD, /instead of the promoted/],
    ['it vanished', OLD, NONE, /vanished/],
    [
      'it is not ready',
      OLD,
      { deployment: collector({ readyReplicas: 0 }), pods: [pod('new', { ready: false })] },
      /0 of 1 replicas/,
    ],
    [
      'its pod runs other bytes than its image says',
      OLD,
      { ...NEW, pods: [pod('new', { imageDigest: OTHER_DIGEST })] },
      /runs sha256/,
    ],
    ['its container restarted', OLD, { ...NEW, pods: [pod('new', { restarts: 1 })] }, /restarted/],
    ['two pods are there', OLD, { ...NEW, pods: [pod('a'), pod('b')] }, /2 pods for 1/],
    ['it was replaced after its rollout', NEW, { ...NEW, pods: [pod('again')] }, /pods changed/],
    [
      'it is scaled to nothing',
      OLD,
      { deployment: collector({ desiredReplicas: 0 }), pods: [] },
      /of 0/,
    ],
  ])('refuses it when %s', async (_, before, after, text) => {
    const { status, reason } = await judge('full', before, after);
    expect(status).toBe('fail');
    expect(reason).toMatch(text);
  });
});
