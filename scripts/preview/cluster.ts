import { z } from 'zod';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Freight, KubernetesObject } from '../kargo/step.ts';
import { PreviewError } from './error.ts';
import {
  ARGOCD,
  binaryNotes,
  configMapsAmong,
  type KnownFreight,
  loaded,
  PROJECT,
  type PreviewSource,
} from './source.ts';

/** What a promotion reads in the Project's namespace; Secrets are no part of it. */
const KINDS = [
  'stages.kargo.akuity.io',
  'promotiontasks.kargo.akuity.io',
  'warehouses.kargo.akuity.io',
  'projectconfigs.kargo.akuity.io',
  'freights.kargo.akuity.io',
  'configmaps',
].join(',');

/**
 * The real objects of the Project, Freight, ConfigMaps and Applications, read once with kubectl; nothing is written.
 *
 * @throws ClusterError; PreviewError CLUSTER_ANSWER
 */
export async function clusterSource(kubectl: Kubectl): Promise<PreviewSource> {
  const [project, argocd] = await Promise.all([
    list(kubectl, PROJECT, KINDS),
    list(kubectl, ARGOCD, 'applications.argoproj.io'),
  ]);
  const objects = project.map((value) => loaded(value, 'the cluster'));
  return {
    kind: 'cluster',
    objects,
    applications: argocd,
    configMaps: configMapsAmong(objects),
    freight: project.filter(({ kind }) => kind === 'Freight').map(knownFreight),
    assumptions: ['Argo CD syncs the push at once and without an error', ...binaryNotes(objects)],
  };
}

/** One Freight as Kargo keeps it. */
export function knownFreight(value: unknown): KnownFreight {
  const result = freightObject.safeParse(value);
  if (!result.success) {
    throw new PreviewError(
      'CLUSTER_ANSWER',
      `a Freight is not as Kargo makes them: ${z.prettifyError(result.error)}`,
    );
  }
  const { metadata, alias, origin, images, commits, charts, status } = result.data;
  const freight = {
    name: metadata.name,
    ...(alias === undefined ? {} : { alias }),
    origin,
    images,
    commits,
    charts,
  } as Freight;
  return {
    record: {
      freight,
      status: {
        currentlyIn: mapped(status.currentlyIn, ({ since }) => ({ since: time(since) })),
        verifiedIn: mapped(status.verifiedIn, ({ verifiedAt }) => ({
          verifiedAt: time(verifiedAt),
        })),
        approvedFor: mapped(status.approvedFor, ({ approvedAt }) => ({
          approvedAt: time(approvedAt),
        })),
      },
      discoveredAt: time(metadata.creationTimestamp),
    },
    metadata: status.metadata ?? null,
  };
}

const instant = z.string().optional();
const freightObject = z.looseObject({
  metadata: z.looseObject({ name: z.string(), creationTimestamp: instant }),
  alias: z.string().optional(),
  origin: z.object({ kind: z.literal('Warehouse'), name: z.string() }),
  images: z.array(z.looseObject({ repoURL: z.string() })).default([]),
  commits: z.array(z.looseObject({ repoURL: z.string(), id: z.string() })).default([]),
  charts: z.array(z.looseObject({})).default([]),
  status: z
    .looseObject({
      currentlyIn: z.record(z.string(), z.looseObject({ since: instant })).default({}),
      verifiedIn: z.record(z.string(), z.looseObject({ verifiedAt: instant })).default({}),
      approvedFor: z.record(z.string(), z.looseObject({ approvedAt: instant })).default({}),
      metadata: z.record(z.string(), z.unknown()).optional(),
    })
    .default({ currentlyIn: {}, verifiedIn: {}, approvedFor: {} }),
});
const listing = z.looseObject({
  items: z.array(
    z.looseObject({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: z.looseObject({ name: z.string() }),
    }),
  ),
});

async function list(
  kubectl: Kubectl,
  namespace: string,
  kinds: string,
): Promise<readonly KubernetesObject[]> {
  const words = ['get', kinds, `--namespace=${namespace}`, '--output=json'];
  const { items } = await kubectl.read(words, listing);
  return items as unknown as readonly KubernetesObject[];
}

function time(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}

function mapped<A, B>(
  from: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
