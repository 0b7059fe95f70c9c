import { collectorUnchanged } from '../../../../runtime/gates/checks/collector-unchanged.ts';
import type { CollectorState } from '../../../../runtime/gates/facts.ts';
import type { Pod } from '../../../../runtime/gates/platform.ts';
import { collector, DIGEST, OTHER_DIGEST, SUBJECT, World } from '../world.ts';

/** How production's collector was found before and after a run, and what `collector-unchanged` has to make of it. */
export interface CollectorCase {
  readonly stage: 'canary' | 'full';
  readonly what: string;
  readonly before: CollectorState;
  readonly after: CollectorState;
  /** Null where it passes, else what the reason has to say. */
  readonly refused: RegExp | null;
}

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

const canary = (
  what: string,
  before: CollectorState,
  after: CollectorState,
  refused: RegExp | null = null,
): CollectorCase => ({ stage: 'canary', what, before, after, refused });
const full = (...[what, before, after, refused]: Parameters<typeof canary>): CollectorCase => ({
  ...canary(what, before, after, refused),
  stage: 'full',
});

export const COLLECTOR_CASES: readonly CollectorCase[] = [
  canary('the same pods, whatever their release', OLD, OLD),
  // Nobody promoted it there.
  canary('the promoted release in production', OLD, NEW, /image changed/),
  full('rolled out before the run and left alone', NEW, NEW),
  full('replaced by the promoted digest during the run', OLD, NEW),
  full('deployed for the first time', NONE, NEW),
  full(
    'being rolled out when the run began',
    { ...NEW, pods: [pod('old', { imageDigest: OTHER_DIGEST, terminating: true })] },
    NEW,
  ),
  full('rolled out, with the pod before still on its way out', OLD, {
    ...NEW,
    pods: [...NEW.pods, pod('old', { terminating: true, imageDigest: OTHER_DIGEST })],
  }),
  full('still on another release', OLD, OLD, /instead of the promoted/),
  full('vanished', OLD, NONE, /vanished/),
  full(
    'not ready',
    OLD,
    { deployment: collector({ readyReplicas: 0 }), pods: [pod('new', { ready: false })] },
    /0 of 1 replicas/,
  ),
  full(
    'a pod that is not ready, whatever its Deployment counts',
    OLD,
    { ...NEW, pods: [pod('new', { ready: false })] },
    /pod collector-new is not ready/,
  ),
  full(
    'a pod that runs other bytes than its image says',
    OLD,
    { ...NEW, pods: [pod('new', { imageDigest: OTHER_DIGEST })] },
    /runs sha256/,
  ),
  full(
    'a container that restarted',
    OLD,
    { ...NEW, pods: [pod('new', { restarts: 1 })] },
    /restarted/,
  ),
  full('two pods', OLD, { ...NEW, pods: [pod('a'), pod('b')] }, /2 pods for 1/),
  full('replaced after its rollout', NEW, { ...NEW, pods: [pod('again')] }, /pods changed/),
  full(
    'scaled to nothing',
    OLD,
    { deployment: collector({ desiredReplicas: 0 }), pods: [] },
    /of 0/,
  ),
];

/** What the check says of a case. */
export function judgeCollector({ stage, before, after }: CollectorCase) {
  const context = {
    ...new World().context(),
    subject:
      stage === 'canary' ? SUBJECT : { ...SUBJECT, stage, namespace: SUBJECT.productionNamespace },
  };
  return collectorUnchanged.run(context, { collectorBefore: before, collectorAfter: after });
}
