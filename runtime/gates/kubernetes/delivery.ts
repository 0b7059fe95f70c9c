import { z } from 'zod';
import type { ApplicationState, PromotionState } from '../delivery-state.ts';
import { PlatformError } from '../platform-error.ts';
import type { Api } from './api.ts';

const stageObject = z.object({
  kind: z.literal('Stage'),
  status: z
    .object({
      lastPromotion: z
        .object({
          name: z.string(),
          freight: z
            .object({
              commits: z.array(z.object({ id: z.string().optional() })).nullish(),
              images: z.array(z.object({ digest: z.string().optional() })).nullish(),
            })
            .nullish(),
          status: z
            .object({
              phase: z.string().optional(),
              healthChecks: z.array(z.object({ uses: z.string(), config: z.unknown() })).nullish(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/** What `argocd-update` leaves behind for the Stage's health (Kargo 1.11, Stage.status.lastPromotion). */
const updated = z.object({
  apps: z.array(
    z.object({
      name: z.string(),
      namespace: z.string(),
      desiredRevisions: z.array(z.string()).nullish(),
    }),
  ),
});

const applicationObject = z.object({
  kind: z.literal('Application'),
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      sync: z.object({ status: z.string(), revision: z.string().optional() }).optional(),
      conditions: z.array(z.object({ type: z.string(), message: z.string() })).nullish(),
      resources: z
        .array(
          z.object({
            group: z.string().optional(),
            kind: z.string(),
            name: z.string(),
            status: z.string().optional(),
            requiresPruning: z.boolean().optional(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** The last Promotion of a Stage, from the Stage's own status. */
export async function lastPromotion(
  api: Api,
  project: string,
  stage: string,
): Promise<PromotionState | null> {
  const found = await orNull(() =>
    api.json(
      {
        verb: 'get',
        group: 'kargo.akuity.io',
        version: 'v1alpha1',
        resource: 'stages',
        namespace: project,
        name: stage,
      },
      stageObject,
    ),
  );
  const last = found?.status?.lastPromotion;
  if (last === null || last === undefined) return null;
  return {
    name: last.name,
    phase: last.status?.phase ?? 'without a phase',
    commits: (last.freight?.commits ?? []).flatMap(({ id }) => id ?? []),
    digests: (last.freight?.images ?? []).flatMap(({ digest }) => digest ?? []),
    applications: (last.status?.healthChecks ?? []).flatMap(({ uses, config }) => {
      const parsed = uses === 'argocd-update' ? updated.safeParse(config) : null;
      return parsed?.success === true
        ? parsed.data.apps.map(({ name, namespace, desiredRevisions }) => ({
            name,
            namespace,
            revisions: desiredRevisions ?? [],
          }))
        : [];
    }),
  };
}

export async function application(
  api: Api,
  namespace: string,
  name: string,
): Promise<ApplicationState | null> {
  const found = await orNull(() =>
    api.json(
      {
        verb: 'get',
        group: 'argoproj.io',
        version: 'v1alpha1',
        resource: 'applications',
        namespace,
        name,
      },
      applicationObject,
    ),
  );
  if (found === null) return null;
  return {
    name: found.metadata.name,
    sync: found.status?.sync?.status ?? 'of unknown sync status',
    revision: found.status?.sync?.revision ?? null,
    conditions: found.status?.conditions ?? [],
    resources: (found.status?.resources ?? []).map((one) => ({
      object: `${one.group ?? ''}/${one.kind}/${one.name}`,
      status: one.status ?? 'of unknown status',
      requiresPruning: one.requiresPruning === true,
    })),
  };
}

async function orNull<T>(get: () => Promise<T>): Promise<T | null> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'PLATFORM_NOT_FOUND') return null;
    throw error;
  }
}
