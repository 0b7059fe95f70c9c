import { z } from 'zod';

/** What `status` reads of the objects of Kargo 1.11, Argo CD 3.5 and Kubernetes; all else is left unread. */

const condition = z.object({
  type: z.string(),
  status: z.string(),
  message: z.string().default(''),
});

const freightReference = z.object({
  name: z.string(),
  commits: z.array(z.object({ id: z.string().optional() })).nullish(),
  images: z
    .array(z.object({ repoURL: z.string().optional(), digest: z.string().optional() }))
    .nullish(),
});
export type FreightReference = z.infer<typeof freightReference>;

export const stageObject = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      conditions: z.array(condition).nullish(),
      health: z.object({ status: z.string(), issues: z.array(z.string()).nullish() }).nullish(),
      currentPromotion: z.object({ name: z.string() }).nullish(),
      lastPromotion: z
        .object({
          name: z.string(),
          finishedAt: z.string().optional(),
          freight: freightReference.nullish(),
          status: z
            .object({ phase: z.string().optional(), message: z.string().optional() })
            .nullish(),
        })
        .nullish(),
      freightHistory: z
        .array(
          z.object({
            items: z.record(z.string(), freightReference).nullish(),
            verificationHistory: z
              .array(
                z.object({
                  phase: z.string().optional(),
                  message: z.string().optional(),
                  finishTime: z.string().nullish(),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});
export type StageObject = z.infer<typeof stageObject>;

export const freightObject = z.object({
  metadata: z.object({ name: z.string() }),
  alias: z.string().optional(),
  status: z.object({ metadata: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
export type FreightObject = z.infer<typeof freightObject>;

export const applicationObject = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      sync: z.object({ status: z.string(), revision: z.string().optional() }).nullish(),
      health: z.object({ status: z.string() }).nullish(),
    })
    .nullish(),
});
export type ApplicationObject = z.infer<typeof applicationObject>;

export const configMapObject = z.object({
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

export const cronJobObject = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ suspend: z.boolean().nullish() }),
  status: z
    .object({ lastSuccessfulTime: z.string().nullish(), lastScheduleTime: z.string().nullish() })
    .nullish(),
});
export type CronJobObject = z.infer<typeof cronJobObject>;

export const podObject = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({ nodeName: z.string().optional() }),
  status: z
    .object({
      phase: z.string().optional(),
      containerStatuses: z
        .array(
          z.object({
            ready: z.boolean(),
            restartCount: z.number(),
            imageID: z.string().optional(),
            state: z
              .object({
                waiting: z
                  .object({ reason: z.string().optional(), message: z.string().optional() })
                  .nullish(),
              })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});
export type PodObject = z.infer<typeof podObject>;

/** `/stats/summary` of a kubelet: how full the volumes of its pods are. */
export const nodeSummary = z.object({
  pods: z.array(
    z.object({
      volume: z
        .array(
          z.object({
            pvcRef: z.object({ name: z.string(), namespace: z.string() }).nullish(),
            availableBytes: z.number().nullish(),
            capacityBytes: z.number().nullish(),
          }),
        )
        .nullish(),
    }),
  ),
});
export type NodeSummary = z.infer<typeof nodeSummary>;
