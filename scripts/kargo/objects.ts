import { z } from 'zod';
import { parseGoDuration } from './go-duration.ts';

/**
 * Kargo's objects as the engine reads them (facts/kargo.md §1). Unknown keys in `spec` are errors: the CRD would
 * prune them silently, and a mistyped key that does nothing is worse than a refusal.
 */

const variable = z.strictObject({
  name: z.string(),
  value: z.string().default(''),
});
export type Variable = z.infer<typeof variable>;

/** Text of a Go duration, as milliseconds once parsed. */
const goDuration = z.string().transform((text, context) => {
  const parsed = parseGoDuration(text);
  if (typeof parsed === 'string') {
    context.addIssue({ code: 'custom', message: parsed });
    return z.NEVER;
  }
  return parsed;
});

const retry = z.strictObject({
  timeout: goDuration.optional(),
  errorThreshold: z.number().int().nonnegative().optional(),
});

const step = z.strictObject({
  uses: z.string().optional(),
  task: z
    .strictObject({
      name: z.string(),
      kind: z.enum(['PromotionTask', 'ClusterPromotionTask']).default('PromotionTask'),
    })
    .optional(),
  as: z.string().default(''),
  if: z.string().default(''),
  continueOnError: z.boolean().default(false),
  retry: retry.optional(),
  vars: z.array(variable).default([]),
  config: z.unknown().optional(),
});
export type TemplateStep = z.infer<typeof step>;

const origin = z.strictObject({ kind: z.literal('Warehouse'), name: z.string() });
export type Origin = z.infer<typeof origin>;

const freightRequest = z.strictObject({
  origin,
  sources: z.strictObject({
    direct: z.boolean().default(false),
    stages: z.array(z.string()).default([]),
    requiredSoakTime: goDuration.optional(),
    availabilityStrategy: z.enum(['All', 'OneOf', '']).default(''),
    autoPromotionOptions: z
      .strictObject({ selectionPolicy: z.enum(['NewestFreight', 'MatchUpstream']).optional() })
      .optional(),
  }),
});
export type FreightRequest = z.infer<typeof freightRequest>;

const verification = z.strictObject({
  analysisTemplates: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate']).default('AnalysisTemplate'),
      }),
    )
    .default([]),
  analysisRunMetadata: z.looseObject({}).optional(),
  args: z.array(z.strictObject({ name: z.string(), value: z.string().default('') })).default([]),
});
export type Verification = z.infer<typeof verification>;

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export const stage = z.looseObject({
  kind: z.literal('Stage'),
  metadata,
  spec: z.strictObject({
    shard: z.string().optional(),
    vars: z.array(variable).default([]),
    requestedFreight: z.array(freightRequest).default([]),
    promotionTemplate: z
      .strictObject({
        spec: z.strictObject({
          vars: z.array(variable).default([]),
          steps: z.array(step).default([]),
        }),
      })
      .optional(),
    verification: verification.optional(),
  }),
});
export type Stage = z.infer<typeof stage>;

export const promotionTask = z.looseObject({
  kind: z.enum(['PromotionTask', 'ClusterPromotionTask']),
  metadata,
  spec: z.strictObject({
    vars: z.array(variable).default([]),
    steps: z.array(step),
  }),
});
export type PromotionTask = z.infer<typeof promotionTask>;

const subscription = z.looseObject({
  image: z.looseObject({ repoURL: z.string() }).optional(),
  git: z.looseObject({ repoURL: z.string() }).optional(),
  chart: z.looseObject({ repoURL: z.string(), name: z.string().optional() }).optional(),
});

export const warehouse = z.looseObject({
  kind: z.literal('Warehouse'),
  metadata,
  spec: z.looseObject({ subscriptions: z.array(subscription).default([]) }),
});
export type Warehouse = z.infer<typeof warehouse>;

const labelSelector = {
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .optional(),
};

const promotionPolicy = z.looseObject({
  stage: z.string().optional(),
  stageSelector: z.strictObject({ name: z.string().optional(), ...labelSelector }).optional(),
  autoPromotionEnabled: z.boolean().default(false),
});
export type PromotionPolicy = z.infer<typeof promotionPolicy>;

export const projectConfig = z.looseObject({
  kind: z.literal('ProjectConfig'),
  metadata,
  spec: z.looseObject({ promotionPolicies: z.array(promotionPolicy).default([]) }),
});
export type ProjectConfig = z.infer<typeof projectConfig>;

const analysisArgument = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.looseObject({}).optional(),
});
export type AnalysisArgument = z.infer<typeof analysisArgument>;

const metric = z.looseObject({ name: z.string(), provider: z.looseObject({}) });
export type AnalysisMetric = z.infer<typeof metric>;

export const analysisTemplate = z.looseObject({
  kind: z.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate']),
  metadata,
  spec: z.looseObject({
    args: z.array(analysisArgument).default([]),
    metrics: z.array(metric).default([]),
    dryRun: z.array(z.looseObject({ metricName: z.string() })).default([]),
  }),
});
export type AnalysisTemplate = z.infer<typeof analysisTemplate>;
