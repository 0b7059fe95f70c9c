import type { Pod } from '../platform.ts';
import { PlatformError } from '../platform-error.ts';
import type { Api } from './api.ts';
import { type PodObject, podList } from './objects.ts';

const DIGEST = /(?:^|@)(sha256:[0-9a-f]{64})$/;

/** Pods with all `labels`, as the API server has them now. */
export async function listPods(
  api: Api,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly PodObject[]> {
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const list = await api.json(
    {
      verb: 'list',
      group: '',
      version: 'v1',
      resource: 'pods',
      namespace,
      query: { labelSelector },
    },
    podList,
  );
  // No limit was asked for, so a list that goes on elsewhere is not the whole truth.
  if (list.metadata?.continue) {
    throw new PlatformError(
      'PLATFORM_ANSWER_INVALID',
      `list pods in namespace ${namespace}: the list is cut off after ${list.items.length}`,
    );
  }
  const foreign = list.items.find(
    (pod) =>
      pod.metadata.namespace !== namespace ||
      Object.entries(labels).some(([key, value]) => pod.metadata.labels?.[key] !== value),
  );
  if (foreign !== undefined) {
    throw new PlatformError(
      'PLATFORM_ANSWER_INVALID',
      `list pods in namespace ${namespace} with ${labelSelector}: got pod ${foreign.metadata.name} of namespace ${foreign.metadata.namespace}, which is none of them`,
    );
  }
  return list.items;
}

/** What a gate knows of a pod; `component` names the container that counts. */
export function toPod(pod: PodObject, component: string): Pod {
  const spec = pod.spec.containers.find((one) => one.name === component) ?? pod.spec.containers[0];
  const status = containerStatus(pod, spec?.name ?? component);
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  return {
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    phase: pod.status?.phase ?? 'Unknown',
    ready: ready?.status === 'True',
    terminating: pod.metadata.deletionTimestamp !== undefined,
    image: spec?.image ?? '',
    imageDigest: digestOf(status?.imageID),
    restarts: status?.restartCount ?? 0,
    startedAt: status?.state?.running?.startedAt ?? pod.status?.startTime ?? null,
  };
}

export function containerStatus(pod: PodObject, container: string) {
  return pod.status?.containerStatuses?.find((one) => one.name === container);
}

/** Digest in the kubelet's `imageID`: `repository@sha256:…`, with or without a scheme, or the bare digest. */
export function digestOf(imageId: string | undefined): string | null {
  return DIGEST.exec(imageId ?? '')?.[1] ?? null;
}
