import { PlatformError } from '../platform-error.ts';
import type { JobContainer, JobPodSpec, JobTemplate } from './objects.ts';

/** What becomes of a Job template for one run. */
export interface JobPlan {
  readonly name: string;
  readonly namespace: string;
  readonly component: 'uploader' | 'inspector';
  readonly runId: string;
  /** Node where the data volume is in use, or null to let the scheduler find it. */
  readonly node: string | null;
  readonly deadlineSeconds: number;
  /** In place of the template's own. */
  readonly image?: string | null;
  /** Mount every claim read-only. */
  readonly readOnly: boolean;
  args(templateArgs: readonly string[]): readonly string[];
}

/** Label with the name of the Job on its pods: set by us, so it does not depend on the controller's own. */
export const JOB_LABEL = 'orderbooks-job';
export const RUN_LABEL = 'orderbooks-gate-run';

/** Long enough to look at what was left, short enough that a killed verifier leaves nothing behind for long. */
const TTL_SECONDS = 600;

/** A Job manifest from a CronJob's own template: same image, mounts and identity, other arguments and limits. */
export function jobFromTemplate(template: JobTemplate, plan: JobPlan): Record<string, unknown> {
  const labels = {
    'app.kubernetes.io/name': 'orderbooks',
    'app.kubernetes.io/component': plan.component,
    'app.kubernetes.io/managed-by': 'orderbooks-verifier',
    [RUN_LABEL]: plan.runId,
    [JOB_LABEL]: plan.name,
  };
  const { template: podTemplate } = template.spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: plan.name,
      namespace: plan.namespace,
      labels: { ...template.metadata?.labels, ...labels },
      annotations: { ...template.metadata?.annotations },
    },
    spec: {
      ...template.spec,
      backoffLimit: 0,
      activeDeadlineSeconds: plan.deadlineSeconds,
      ttlSecondsAfterFinished: TTL_SECONDS,
      template: {
        ...podTemplate,
        metadata: {
          ...podTemplate.metadata,
          labels: { ...podTemplate.metadata?.labels, ...labels },
        },
        spec: podSpec(podTemplate.spec, plan),
      },
    },
  };
}

/** The container whose arguments are changed: the first, named after the component by the manifests. */
export function mainContainer(spec: JobPodSpec): JobContainer {
  const [first] = spec.containers;
  const named = spec.containers.find((one) => one.name === 'uploader') ?? first;
  if (named === undefined) {
    throw new PlatformError('PLATFORM_ANSWER_INVALID', 'the Job template has no container');
  }
  return named;
}

function podSpec(spec: JobPodSpec, plan: JobPlan): JobPodSpec {
  const main = mainContainer(spec);
  const claims = (spec.volumes ?? [])
    .filter((volume) => volume.persistentVolumeClaim !== undefined)
    .map((volume) => volume.name);
  const readOnlyMounts = (one: JobContainer): JobContainer =>
    one.volumeMounts === undefined
      ? one
      : {
          ...one,
          volumeMounts: one.volumeMounts.map((mount) =>
            claims.includes(mount.name) ? { ...mount, readOnly: true } : mount,
          ),
        };
  const containers = spec.containers.map((one) => {
    const changed =
      one === main
        ? {
            ...one,
            name: plan.component,
            args: [...plan.args(one.args ?? [])],
            ...(plan.image ? { image: plan.image } : {}),
          }
        : one;
    return plan.readOnly ? readOnlyMounts(changed) : changed;
  });
  const affinity = withNode(spec.affinity, plan.node);
  return {
    ...spec,
    containers,
    restartPolicy: 'Never',
    ...(plan.readOnly
      ? { automountServiceAccountToken: false, volumes: readOnlyClaims(spec.volumes) }
      : {}),
    ...(affinity === undefined ? {} : { affinity }),
  };
}

function readOnlyClaims(volumes: JobPodSpec['volumes']): JobPodSpec['volumes'] {
  return (volumes ?? []).map((volume) =>
    volume.persistentVolumeClaim === undefined
      ? volume
      : { ...volume, persistentVolumeClaim: { ...volume.persistentVolumeClaim, readOnly: true } },
  );
}

/** The volume is ReadWriteOnce: a pod on another node would wait for it for ever. */
function withNode(affinity: JobPodSpec['affinity'], node: string | null): JobPodSpec['affinity'] {
  if (node === null) return affinity;
  return {
    ...affinity,
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] },
        ],
      },
    },
  };
}
