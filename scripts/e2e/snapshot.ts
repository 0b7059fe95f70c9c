import { z } from 'zod';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Freight, KubernetesObject } from '../kargo/step.ts';
import { findKustomize } from '../kustomize/program.ts';
import { joinObjects, renderOverlay } from '../kustomize/render.ts';
import { PROJECT } from './delivery.ts';
import { configMap } from './objects.ts';
import { ARGOCD_NAMESPACE } from './prerequisites.ts';
import type { Outcome } from './replay.ts';
import { branchOf, mirror } from './repository.ts';

/** All that a promotion sees before it begins. */
export interface Snapshot {
  /** kargo/ as it is rendered from the commit that Argo CD delivers. */
  readonly kargo: string;
  readonly repoURL: string;
  /** A mirror of the repository. */
  readonly repository: string;
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly freight: readonly Freight[];
  readonly freightMetadata: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly applications: readonly KubernetesObject[];
}

const rawFreight = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  origin: z.object({ kind: z.literal('Warehouse'), name: z.string() }),
  images: z.array(z.looseObject({ repoURL: z.string() })).default([]),
  commits: z.array(z.looseObject({ repoURL: z.string(), id: z.string() })).default([]),
  status: z.looseObject({ metadata: z.record(z.string(), z.unknown()).default({}) }).prefault({}),
});

const rawPromotion = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    stage: z.string(),
    freight: z.string(),
    steps: z.array(z.unknown()).default([]),
  }),
  status: z.object({
    phase: z.string(),
    message: z.string().default(''),
    state: z.unknown(),
    stepExecutionMetadata: z
      .array(
        z.object({
          alias: z.string(),
          status: z.string().default(''),
          message: z.string().default(''),
          startedAt: z.string().optional(),
          finishedAt: z.string().optional(),
        }),
      )
      .default([]),
  }),
});
export type RawPromotion = z.infer<typeof rawPromotion>;

/** Takes it now. `checkout` is that of the commit which Argo CD delivers. */
export async function photograph(
  kubectl: Kubectl,
  options: {
    readonly checkout: string;
    readonly repoURL: string;
    readonly pushUrl: string;
    readonly folder: string;
    readonly signal: AbortSignal;
  },
): Promise<Snapshot> {
  const { checkout, repoURL, pushUrl, folder, signal } = options;
  const freight = await kubectl.list('freights.kargo.akuity.io', PROJECT, rawFreight);
  return {
    kargo: joinObjects(
      await renderOverlay(await findKustomize(), `${checkout}/kargo`, { home: folder, signal }),
    ),
    repoURL,
    repository: await mirror(pushUrl, folder),
    configMaps: await configMapsNow(kubectl),
    freight: freight.map(({ metadata, origin, images, commits }) => ({
      name: metadata.name,
      origin,
      images,
      commits,
      charts: [],
    })),
    freightMetadata: new Map(
      freight.map(({ metadata, status }) => [metadata.name, status.metadata]),
    ),
    applications: await kubectl.list(
      'applications.argoproj.io',
      ARGOCD_NAMESPACE,
      z.custom<KubernetesObject>((value) => typeof value === 'object' && value !== null),
    ),
  };
}

/** The ConfigMaps of the Project. */
export async function configMapsNow(kubectl: Kubectl): Promise<Snapshot['configMaps']> {
  const maps = await kubectl.list('configmaps', PROJECT, configMap);
  return new Map(maps.map(({ metadata, data }) => [metadata.name, data]));
}

/** The Promotion with all that the engine may need of it. */
export async function rawPromotionOf(kubectl: Kubectl, name: string): Promise<RawPromotion> {
  return rawPromotion.parse(
    JSON.parse(
      await kubectl.run([
        'get',
        'promotions.kargo.akuity.io',
        name,
        `--namespace=${PROJECT}`,
        '--output=json',
      ]),
    ),
  );
}

/** What Kargo made of it. `waitedAt`: where it was seen to wait, which no Promotion tells afterwards. */
export async function outcomeOf(
  kubectl: Kubectl,
  real: RawPromotion,
  repository: string,
  folder: string,
  waitedAt: string | null,
): Promise<Outcome> {
  const found = await kubectl.find(
    'freights.kargo.akuity.io',
    real.spec.freight,
    PROJECT,
    rawFreight,
  );
  return {
    phase: real.status.phase,
    message: real.status.message,
    inflated: real.spec.steps,
    steps: real.status.stepExecutionMetadata.map(({ alias, status, message }) => ({
      alias,
      status,
      message,
    })),
    waitedAt,
    state: real.status.state ?? {},
    freightMetadata: found?.status.metadata ?? {},
    branch: await branchOf(repository, `stage/${real.spec.stage}`, folder),
  };
}
