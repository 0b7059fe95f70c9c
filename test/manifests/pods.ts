import type { RenderedObject } from './render.ts';

interface Security {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly securityContext?: Security;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Security & { readonly fsGroup?: number };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly affinity?: unknown;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly unknown[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
}

/** A pod that some rendered object would make. */
export interface Pod {
  /** Such as `Deployment orderbooks-ws-recorder`. */
  readonly owner: string;
  readonly object: RenderedObject;
  readonly component: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

/** Every pod that the objects make: of Deployments, StatefulSets, CronJobs and the Jobs of AnalysisTemplates. */
export function podsOf(objects: readonly RenderedObject[]): readonly Pod[] {
  return objects.flatMap((object) =>
    templatesOf(object).map((template) => {
      const labels = template.metadata?.labels ?? {};
      return {
        owner: `${object.kind} ${object.metadata.name}`,
        object,
        component: labels['app.kubernetes.io/component'] ?? '',
        labels,
        spec: template.spec,
      };
    }),
  );
}

function templatesOf(object: RenderedObject): readonly Template[] {
  const spec = object.spec as
    | {
        readonly template?: Template;
        readonly jobTemplate?: { readonly spec: { readonly template: Template } };
        readonly metrics?: readonly {
          readonly provider: { readonly job?: { readonly spec: { readonly template: Template } } };
        }[];
      }
    | undefined;
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
      return spec?.template === undefined ? [] : [spec.template];
    case 'CronJob':
      return spec?.jobTemplate === undefined ? [] : [spec.jobTemplate.spec.template];
    case 'AnalysisTemplate':
      return (spec?.metrics ?? []).flatMap(({ provider }) => provider.job?.spec.template ?? []);
    default:
      return [];
  }
}

const PERMITTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** What the Pod Security Standard "restricted" has against a pod (kubernetes.io, Pod Security Standards). */
export function restrictedProblems({ owner, spec }: Pod): readonly string[] {
  const problems: string[] = [];
  const expect = (good: boolean, what: string) => {
    if (!good) problems.push(`${owner}: ${what}`);
  };
  expect(!(spec.hostNetwork || spec.hostPID || spec.hostIPC), 'shares a namespace of its host');
  for (const { name, ...source } of spec.volumes ?? []) {
    const kinds = Object.keys(source);
    expect(
      kinds.every((kind) => PERMITTED_VOLUMES.has(kind)),
      `volume ${String(name)} is ${kinds.join(', ')}`,
    );
  }
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const own = container.securityContext ?? {};
    const { runAsNonRoot, runAsUser, seccompProfile } = { ...spec.securityContext, ...own };
    expect(runAsNonRoot === true, `${container.name} may run as root`);
    expect(runAsUser !== 0, `${container.name} runs as root`);
    expect(
      ['RuntimeDefault', 'Localhost'].includes(seccompProfile?.type ?? ''),
      `${container.name} has no seccomp profile`,
    );
    expect(own.privileged !== true, `${container.name} is privileged`);
    expect(own.allowPrivilegeEscalation === false, `${container.name} may gain privileges`);
    expect(
      own.capabilities?.drop?.includes('ALL') === true && (own.capabilities.add ?? []).length === 0,
      `${container.name} keeps capabilities`,
    );
  }
  return problems;
}

/** What this bundle asks of a pod beyond the standard. */
export function hardeningProblems({ owner, spec, component, object }: Pod): readonly string[] {
  const problems: string[] = [];
  const expect = (good: boolean, what: string) => {
    if (!good) problems.push(`${owner}: ${what}`);
  };
  // Their work is talking to the API server.
  expect(
    ['verifier', 'evidence'].includes(component) || spec.automountServiceAccountToken === false,
    'carries an API token',
  );
  expect(spec.serviceAccountName === `orderbooks-${component}`, 'has no ServiceAccount of its own');
  expect((spec.terminationGracePeriodSeconds ?? 0) > 0, 'does not say how long it takes to end');
  expect(
    component === 'verifier' || spec.enableServiceLinks === false,
    'takes variables of Services',
  );
  for (const container of spec.containers) {
    const { name, resources } = container;
    expect(
      container.securityContext?.readOnlyRootFilesystem === true,
      `${name} writes to its image`,
    );
    expect(resources?.requests?.['cpu'] !== undefined, `${name} requests no CPU`);
    expect(resources?.requests?.['memory'] !== undefined, `${name} requests no memory`);
    expect(resources?.limits?.['memory'] !== undefined, `${name} has no memory limit`);
    if (object.kind === 'Deployment' || object.kind === 'StatefulSet') {
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
        const port = container[probe]?.httpGet.port;
        expect(
          container.ports?.some((one) => one.name === port) === true,
          `${name} has no ${probe} at one of its ports`,
        );
      }
    }
  }
  return problems;
}
