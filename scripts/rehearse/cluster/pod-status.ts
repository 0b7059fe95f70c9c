import type { Fields } from './fields.ts';
import { at, list } from './fields.ts';
import { POD_ADDRESS } from './pod-fields.ts';

/** What the kubelet knows of a pod with one container. */
export interface PodView {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  /** Why the scheduler does not place it, or null once it is placed. */
  readonly unschedulable: string | null;
  readonly container: string;
  readonly image: string;
  /** `repository@sha256:…` of the image that runs; empty before a first start. */
  readonly imageId: string;
  readonly containerId: string;
  readonly started: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: Fields;
  readonly lastState: Fields;
  readonly startTime: string | null;
}

/** `status` of a pod as a kubelet writes it. Times of conditions that did not change are kept from `before`. */
export function podStatus(view: PodView, before: Fields, now: string): Fields {
  const placed = view.unschedulable === null;
  const ended = view.phase === 'Succeeded' || view.phase === 'Failed';
  const notReady = ended
    ? { reason: view.phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${view.container}]`,
      };
  const readiness = view.ready ? {} : notReady;
  const conditions = [
    condition('PodScheduled', placed, placed ? {} : unschedulable(view)),
    ...(placed
      ? [
          condition('Initialized', true, {}),
          condition('Ready', view.ready, readiness),
          condition('ContainersReady', view.ready, readiness),
        ]
      : []),
  ].map((each) => ({ ...each, lastTransitionTime: transition(each, before, now) }));
  return {
    phase: view.phase,
    conditions,
    ...(view.startTime === null
      ? {}
      : {
          hostIP: POD_ADDRESS,
          podIP: POD_ADDRESS,
          podIPs: [{ ip: POD_ADDRESS }],
          startTime: view.startTime,
        }),
    ...(placed ? { containerStatuses: [containerStatus(view)] } : {}),
    qosClass: 'Burstable',
  };
}

function containerStatus(view: PodView): Fields {
  return {
    name: view.container,
    image: view.image,
    imageID: view.imageId,
    ...(view.containerId === '' ? {} : { containerID: view.containerId }),
    started: view.started,
    ready: view.ready,
    restartCount: view.restarts,
    state: view.state,
    lastState: view.lastState,
  };
}

function unschedulable(view: PodView): Fields {
  return { reason: 'Unschedulable', message: view.unschedulable ?? '' };
}

function condition(type: string, status: boolean, why: Fields): Fields {
  return { type, status: status ? 'True' : 'False', ...why };
}

function transition(condition: Fields, before: Fields, now: string): string {
  const old = list(before['conditions']).find((each) => at(each, 'type') === condition['type']);
  const since = at(old, 'lastTransitionTime');
  return at(old, 'status') === condition['status'] && typeof since === 'string' ? since : now;
}
