import { z } from 'zod';
import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';

/** What the kubelet of the rehearsal reads of a pod. What it cannot do is an error that names it, never silence. */

const keySelector = z.object({
  name: z.string(),
  key: z.string(),
  optional: z.boolean().default(false),
});

const fieldRef = z.object({ fieldPath: z.string() });

const environmentVariable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .strictObject({
      fieldRef: fieldRef.optional(),
      configMapKeyRef: keySelector.optional(),
      secretKeyRef: keySelector.optional(),
    })
    .optional(),
});

const sourceRef = z.object({ name: z.string(), optional: z.boolean().default(false) });

const probe = z
  .strictObject({
    httpGet: z.strictObject({
      path: z.string().default('/'),
      port: z.union([z.string(), z.number().int()]),
      scheme: z.literal('HTTP').optional(),
    }),
    initialDelaySeconds: z.number().default(0),
    periodSeconds: z.number().default(10),
    timeoutSeconds: z.number().default(1),
    successThreshold: z.number().int().default(1),
    failureThreshold: z.number().int().default(3),
  })
  .optional();
export type ProbeSpec = NonNullable<z.infer<typeof probe>>;

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).default([]),
  workingDir: z.string().optional(),
  env: z.array(environmentVariable).default([]),
  envFrom: z
    .array(
      z.strictObject({
        prefix: z.string().default(''),
        configMapRef: sourceRef.optional(),
        secretRef: sourceRef.optional(),
      }),
    )
    .default([]),
  ports: z
    .array(z.looseObject({ name: z.string().optional(), containerPort: z.number().int() }))
    .default([]),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  volumeMounts: z
    .array(
      z.strictObject({
        name: z.string(),
        mountPath: z.string().startsWith('/'),
        subPath: z.string().optional(),
        readOnly: z.boolean().default(false),
      }),
    )
    .default([]),
  securityContext: z
    .looseObject({ readOnlyRootFilesystem: z.boolean().default(false) })
    .prefault({}),
  resources: z.unknown().optional(),
  terminationMessagePath: z.string().optional(),
  terminationMessagePolicy: z.string().optional(),
});
export type ContainerSpec = z.infer<typeof container>;

const items = z.array(z.looseObject({ key: z.string(), path: z.string() })).optional();

const volume = z.strictObject({
  name: z.string(),
  persistentVolumeClaim: z
    .strictObject({ claimName: z.string(), readOnly: z.boolean().default(false) })
    .optional(),
  configMap: z
    .strictObject({
      name: z.string(),
      items,
      optional: z.boolean().default(false),
      defaultMode: z.number().optional(),
    })
    .optional(),
  secret: z
    .strictObject({
      secretName: z.string(),
      items,
      optional: z.boolean().default(false),
      defaultMode: z.number().optional(),
    })
    .optional(),
  emptyDir: z.looseObject({}).optional(),
  downwardAPI: z
    .strictObject({
      items: z.array(z.looseObject({ path: z.string(), fieldRef })),
      defaultMode: z.number().optional(),
    })
    .optional(),
});
export type VolumeSpec = z.infer<typeof volume>;

const podSpec = z.looseObject({
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).default('Always'),
  terminationGracePeriodSeconds: z.number().default(30),
  serviceAccountName: z.string().default('default'),
  automountServiceAccountToken: z.boolean().optional(),
  initContainers: z.array(z.unknown()).max(0, 'init containers are not supported').optional(),
  containers: z.tuple([container], { error: 'exactly one container is supported' }),
  volumes: z.array(volume).default([]),
});
export type PodSpec = z.infer<typeof podSpec>;

export class UnsupportedPodError extends OrderbooksError {}

/** Parses `spec` of a pod. Throws UnsupportedPodError that lists every field which is wrong or beyond this kubelet. */
export function parsePodSpec(pod: KubernetesObject): PodSpec {
  const parsed = podSpec.safeParse(pod['spec']);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `spec.${issue.path.join('.')}: ${issue.message}`,
  );
  throw new UnsupportedPodError(
    'POD_UNSUPPORTED',
    `pod ${pod.metadata.name} cannot be run by the kubelet of the rehearsal: ${problems.join('; ')}`,
  );
}
