import { expect, it } from 'vitest';
import { judgeIdentity } from '../../../runtime/gates/identity.ts';
import type { Pod } from '../../../runtime/gates/platform.ts';
import { OTHER_DIGEST, SUBJECT, World } from './world.ts';

it.each<[string, Partial<Pod>, RegExp]>([
  ['ran another image', { imageDigest: OTHER_DIGEST }, /^at the beginning .*instead of/],
  ['ran no known image', { imageDigest: null }, /^at the beginning .*no image digest/],
  ['was not ready', { ready: false }, /^at the beginning .*not ready$/],
  ['was on its way out', { terminating: true }, /^at the beginning only/],
])(
  'a pod that %s when it was first looked at is refused, whatever runs at the end',
  async (_what, first, refused) => {
    const world = new World();
    world.time += 60_000;
    const [pod] = await world.pods(SUBJECT.namespace, 'ws-recorder');
    if (pod === undefined) throw new Error('expected a recorder');
    const deployment = { name: 'r', image: 'i', desiredReplicas: 1, readyReplicas: 1 };
    const { status, reason } = judgeIdentity(SUBJECT, { pod: { ...pod, ...first }, deployment }, [
      pod,
    ]);
    expect(status).toBe('fail');
    expect(reason).toMatch(refused);
    expect(judgeIdentity(SUBJECT, { pod, deployment }, [pod]).status).toBe('pass');
  },
);
