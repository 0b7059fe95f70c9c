import { z } from 'zod';
import { COLLECTOR_COMPONENT, COLLECTOR_DEPLOYMENT } from '../../runtime/gates/workloads.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { PRODUCTION_NAMESPACE } from '../settings/names.ts';

/** The production collector at one moment; what a deployment of the canary must leave exactly so. */
export interface CollectorSnapshot {
  readonly deployment: {
    readonly uid: string;
    readonly generation: number;
    readonly images: readonly string[];
  } | null;
  readonly pods: readonly {
    readonly name: string;
    readonly uid: string;
    readonly images: readonly string[];
    readonly restarts: number;
  }[];
}

const deployment = z.object({
  metadata: z.object({ uid: z.string(), generation: z.number() }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
    }),
  }),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string() }),
  status: z.object({
    containerStatuses: z
      .array(z.object({ imageID: z.string(), restartCount: z.number() }))
      .default([]),
  }),
});

/** A namespace or Deployment that is not there is a state like any other. */
export async function lookAtCollector(kubectl: Kubectl): Promise<CollectorSnapshot> {
  const found = await kubectl.find(
    'deployments.apps',
    COLLECTOR_DEPLOYMENT,
    PRODUCTION_NAMESPACE,
    deployment,
  );
  const pods = await kubectl.list(
    'pods',
    PRODUCTION_NAMESPACE,
    pod,
    `app.kubernetes.io/name=orderbooks,app.kubernetes.io/component=${COLLECTOR_COMPONENT}`,
  );
  return {
    deployment:
      found === null
        ? null
        : {
            uid: found.metadata.uid,
            generation: found.metadata.generation,
            images: found.spec.template.spec.containers.map(({ image }) => image),
          },
    pods: pods
      .map(({ metadata, status }) => ({
        ...metadata,
        images: status.containerStatuses.map(({ imageID }) => imageID),
        restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
      }))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
  };
}

/** What differs, in words; empty if nothing does. */
export function collectorChanges(
  before: CollectorSnapshot,
  after: CollectorSnapshot,
): readonly string[] {
  return (['deployment', 'pods'] as const).flatMap((part) => {
    const [was, is] = [JSON.stringify(before[part]), JSON.stringify(after[part])];
    return was === is ? [] : [`${part}: was ${was}, is ${is}`];
  });
}
