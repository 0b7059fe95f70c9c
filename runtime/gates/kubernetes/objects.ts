import { z } from 'zod';

/** The parts of Kubernetes objects that gates read. `kind` is demanded: another object is not the answer. */

const metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1),
  uid: z.string().min(1),
  labels: z.record(z.string(), z.string()).optional(),
  resourceVersion: z.string().optional(),
  deletionTimestamp: z.string().optional(),
});

const containerStatus = z.object({
  name: z.string(),
  image: z.string().optional(),
  imageID: z.string().optional(),
  restartCount: z.number().int().nonnegative(),
  state: z
    .object({
      running: z.object({ startedAt: z.string().nullish() }).optional(),
      waiting: z
        .object({ reason: z.string().optional(), message: z.string().optional() })
        .optional(),
      terminated: z
        .object({
          exitCode: z.number().int(),
          reason: z.string().optional(),
          message: z.string().optional(),
          startedAt: z.string().nullish(),
          finishedAt: z.string().nullish(),
        })
        .optional(),
    })
    .optional(),
});

export const podObject = z.object({
  metadata,
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(z.object({ name: z.string(), image: z.string().optional() })).min(1),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      startTime: z.string().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: z.array(containerStatus).nullish(),
    })
    .optional(),
});
export type PodObject = z.infer<typeof podObject>;

export const podList = z.object({
  kind: z.literal('PodList'),
  metadata: z.object({ continue: z.string().optional() }).optional(),
  items: z.array(podObject),
});

export const deploymentObject = z.object({
  kind: z.literal('Deployment'),
  metadata,
  spec: z.object({
    replicas: z.number().int().nonnegative().optional(),
    template: z.object({
      spec: z.object({
        containers: z.array(z.object({ name: z.string(), image: z.string().optional() })).min(1),
      }),
    }),
  }),
  status: z.object({ readyReplicas: z.number().int().nonnegative().optional() }).optional(),
});

/** Job templates go back to the API server: what is not read here is kept as it came. */
const container = z.looseObject({
  name: z.string(),
  args: z.array(z.string()).optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
});
export type JobContainer = z.infer<typeof container>;

const podSpec = z.looseObject({
  containers: z.array(container).min(1),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
      }),
    )
    .optional(),
  affinity: z.looseObject({ nodeAffinity: z.looseObject({}).optional() }).optional(),
});
export type JobPodSpec = z.infer<typeof podSpec>;

const labelled = z.looseObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export const jobTemplate = z.object({
  metadata: labelled.optional(),
  spec: z.looseObject({
    template: z.object({ metadata: labelled.optional(), spec: podSpec }),
  }),
});
export type JobTemplate = z.infer<typeof jobTemplate>;

export const cronJobObject = z.object({
  kind: z.literal('CronJob'),
  metadata,
  spec: z.object({ suspend: z.boolean().optional(), jobTemplate }),
});

export const jobObject = z.object({
  kind: z.literal('Job'),
  metadata,
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .nullish(),
    })
    .optional(),
});

export const configMapObject = z.object({
  kind: z.literal('ConfigMap'),
  metadata,
  data: z.record(z.string(), z.string()).optional(),
});

/** Answer to a DELETE: the object or a Status; nothing is read from it. */
export const anything = z.unknown();
