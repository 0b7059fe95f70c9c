import { z } from 'zod';

/** What a run reads of the controllers' objects; everything else of them is none of its business. */

const metadata = z.object({
  name: z.string(),
  uid: z.string().default(''),
  creationTimestamp: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

export const anyObject = z.looseObject({ metadata });

export const freight = z.object({
  metadata,
  images: z
    .array(z.object({ repoURL: z.string(), tag: z.string().default(''), digest: z.string() }))
    .default([]),
  commits: z.array(z.object({ repoURL: z.string(), id: z.string() })).default([]),
  status: z
    .looseObject({
      verifiedIn: z.record(z.string(), z.unknown()).default({}),
      metadata: z.record(z.string(), z.unknown()).default({}),
    })
    .prefault({}),
});
export type Freight = z.infer<typeof freight>;

const step = z.object({ uses: z.string().default(''), as: z.string().default('') });
const stepRecord = z.object({
  alias: z.string().default(''),
  status: z.string().default(''),
  message: z.string().default(''),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
});

export const promotion = z.object({
  metadata,
  spec: z.object({
    stage: z.string(),
    freight: z.string(),
    steps: z.array(step).default([]),
  }),
  status: z
    .object({
      phase: z.string().default(''),
      message: z.string().default(''),
      startedAt: z.string().optional(),
      finishedAt: z.string().optional(),
      stepExecutionMetadata: z.array(stepRecord).default([]),
      state: z.record(z.string(), z.unknown()).optional(),
    })
    .prefault({}),
});
export type Promotion = z.infer<typeof promotion>;

const verification = z.object({
  id: z.string().default(''),
  phase: z.string().default(''),
  message: z.string().default(''),
  startTime: z.string().optional(),
  finishTime: z.string().optional(),
  analysisRun: z.object({ name: z.string() }).optional(),
});

export const stage = z.object({
  metadata,
  status: z
    .object({
      health: z
        .object({ status: z.string().default(''), issues: z.array(z.string()).default([]) })
        .optional(),
      freightHistory: z
        .array(
          z.object({
            items: z.record(z.string(), z.object({ name: z.string() })).default({}),
            verificationHistory: z.array(verification).default([]),
          }),
        )
        .default([]),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type Stage = z.infer<typeof stage>;

export const application = z.object({
  metadata,
  status: z
    .object({
      sync: z
        .object({ status: z.string().default(''), revision: z.string().default('') })
        .prefault({}),
      health: z.object({ status: z.string().default('') }).prefault({}),
      operationState: z
        .object({ phase: z.string().default(''), message: z.string().default('') })
        .optional(),
      conditions: z.array(z.object({ type: z.string(), message: z.string() })).default([]),
    })
    .prefault({}),
});

export const configMap = z.object({
  metadata,
  immutable: z.boolean().default(false),
  data: z.record(z.string(), z.string()).default({}),
});

export const pod = z.object({
  metadata,
  status: z
    .object({
      phase: z.string().default(''),
      startTime: z.string().optional(),
      containerStatuses: z
        .array(
          z.object({
            name: z.string(),
            imageID: z.string().default(''),
            restartCount: z.number().default(0),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export const crd = z.object({
  metadata,
  spec: z.object({
    versions: z.array(z.object({ name: z.string(), served: z.boolean() })),
  }),
});

export const deployment = z.object({
  metadata,
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string().default('') })) }),
    }),
  }),
});
