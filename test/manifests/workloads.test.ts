import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../runtime/config/duration.ts';
import { objectSelector } from '../../scripts/rehearse/cluster/selector.ts';
import { hardeningProblems, type Pod, podsOf, restrictedProblems } from './pods.ts';
import { KUSTOMIZATIONS, render } from './render.ts';

const OVERLAYS = ['gitops/overlays/canary', 'gitops/overlays/full', 'gitops/overlays/local'];
const renders = new Map(KUSTOMIZATIONS.map((name) => [name, render(name)] as const));
const pods = (kustomization: string) => podsOf(renders.get(kustomization as 'kargo') ?? []);

describe.each([...OVERLAYS, 'kargo'])('the pods of %s', (kustomization) => {
  const own = pods(kustomization);

  it('exist', () => {
    expect(own.length).toBeGreaterThan(0);
  });

  it('are as the Pod Security Standard "restricted" demands', () => {
    expect(own.flatMap(restrictedProblems)).toEqual([]);
  });

  it('have an identity, limits, probes and a read-only image, and no token they do not need', () => {
    expect(own.flatMap(hardeningProblems)).toEqual([]);
  });

  it('name ServiceAccounts, ConfigMaps and claims that are rendered with them', () => {
    const objects = renders.get(kustomization as 'kargo') ?? [];
    const has = (kind: string, name: unknown) =>
      objects.some((object) => object.kind === kind && object.metadata.name === name);
    for (const { spec, owner } of own) {
      expect(has('ServiceAccount', spec.serviceAccountName), owner).toBe(true);
      for (const volume of spec.volumes ?? []) {
        const { configMap, persistentVolumeClaim } = volume as {
          configMap?: { name: string };
          persistentVolumeClaim?: { claimName: string };
        };
        if (configMap) expect(has('ConfigMap', configMap.name), owner).toBe(true);
        if (configMap) expect(configMap.name, `${owner}: no hash`).toMatch(/-[a-z0-9]{10}$/);
        if (persistentVolumeClaim) {
          expect(has('PersistentVolumeClaim', persistentVolumeClaim.claimName), owner).toBe(true);
        }
      }
    }
  });
});

describe('the standard is enforced', () => {
  it.each(OVERLAYS)('by the namespace of %s', (overlay) => {
    const namespaces = (renders.get(overlay as 'kargo') ?? []).filter(
      ({ kind }) => kind === 'Namespace',
    );
    expect(namespaces.map(({ metadata }) => metadata.labels)).toEqual([
      expect.objectContaining({
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
      }),
    ]);
  });

  it('and the tests know a pod that breaks it', () => {
    const [good] = pods('gitops/overlays/full');
    const [container] = good?.spec.containers ?? [];
    if (good === undefined || container === undefined) throw new Error('no pod');
    const broken = (spec: object): Pod => ({ ...good, spec: { ...good.spec, ...spec } });
    const inContainer = (fields: object) => broken({ containers: [{ ...container, ...fields }] });
    const security = container.securityContext;
    for (const pod of [
      broken({ hostNetwork: true }),
      broken({ volumes: [{ name: 'x', hostPath: { path: '/' } }] }),
      broken({ securityContext: {} }),
      inContainer({ securityContext: { ...security, allowPrivilegeEscalation: true } }),
      inContainer({ securityContext: { ...security, runAsUser: 0 } }),
      inContainer({ securityContext: { ...security, capabilities: { drop: ['NET_RAW'] } } }),
      inContainer({ securityContext: { ...security, seccompProfile: { type: 'Unconfined' } } }),
    ]) {
      expect(restrictedProblems(pod)).not.toEqual([]);
    }
    for (const pod of [
      broken({ automountServiceAccountToken: true }),
      broken({ serviceAccountName: 'default' }),
      broken({ terminationGracePeriodSeconds: undefined }),
      inContainer({ startupProbe: undefined }),
      inContainer({ livenessProbe: { httpGet: { path: '/healthz', port: 'web' } } }),
      inContainer({ resources: { requests: { cpu: '1', memory: '1Gi' } } }),
      inContainer({ securityContext: { ...security, readOnlyRootFilesystem: false } }),
    ]) {
      expect(hardeningProblems(pod)).not.toEqual([]);
    }
  });
});

describe('one writer per volume', () => {
  const writers = OVERLAYS.flatMap((overlay) =>
    pods(overlay)
      .filter(({ object }) => object.kind === 'Deployment')
      .map((pod) => [`${overlay} ${pod.owner}`, pod] as const),
  );

  it.each(writers)('%s is recreated, and one of it', (_, { object }) => {
    expect(object.spec?.['strategy']).toEqual({ type: 'Recreate' });
    expect(object.spec?.['replicas']).toBe(1);
  });

  it.each(writers)(
    '%s is ended and started again before its rollout counts as failed',
    (_, pod) => {
      const deadline = Number(pod.object.spec?.['progressDeadlineSeconds']);
      const [container] = pod.spec.containers;
      const startup = container?.startupProbe;
      const start = (startup?.periodSeconds ?? 0) * (startup?.failureThreshold ?? 0);
      expect(start).toBeGreaterThanOrEqual(60);
      expect(deadline).toBeGreaterThan((pod.spec.terminationGracePeriodSeconds ?? 0) + start);
    },
  );

  it('has time to close its archives: more than a rotation by size takes to write on a slow disk', () => {
    const slowestDisk = 2 * 2 ** 20; // bytes a second
    const queue = 64 * 2 ** 20; // recorder.queueBytes: the most that waits for the disk
    for (const overlay of OVERLAYS) {
      for (const { component, spec } of pods(overlay)) {
        if (!['ws-recorder', 'collector'].includes(component)) continue;
        expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(queue / slowestDisk);
      }
    }
  });
});

describe('the one node that can mount the volume', () => {
  it.each(OVERLAYS)('takes every pod of %s that mounts it', (overlay) => {
    const mounting = pods(overlay).filter(({ spec }) =>
      JSON.stringify(spec.volumes ?? []).includes('"claimName":"orderbooks-data"'),
    );
    expect(mounting.map(({ component }) => component)).toEqual(
      expect.arrayContaining(['uploader', 'ws-recorder']),
    );
    for (const pod of mounting) {
      const terms = affinityTerms(pod);
      // Alone on its volume, a pod goes anywhere; a second one must follow it, or wait for ever.
      const leads = pod.component === 'ws-recorder' && mounting.length === 2;
      if (leads) continue;
      expect(terms.length, pod.owner).toBe(1);
      expect(terms[0]?.topologyKey).toBe('kubernetes.io/hostname');
      const follows = mounting.filter((other) => matches(terms[0]?.labelSelector, other.labels));
      expect(follows.length, pod.owner).toBeGreaterThan(0);
      // A group in which nobody may come first never starts.
      if (pod.component !== 'uploader') expect(follows).toContain(pod);
    }
  });
});

describe('the uploader', () => {
  it.each(OVERLAYS)('of %s cannot make a Stage Unhealthy by failing, nor run twice', (overlay) => {
    const object = pods(overlay).find(({ component }) => component === 'uploader')?.object;
    expect(object?.metadata.annotations).toMatchObject({
      'argocd.argoproj.io/ignore-healthcheck': 'true',
    });
    const spec = object?.spec as {
      concurrencyPolicy: string;
      jobTemplate: { spec: { backoffLimit: number; activeDeadlineSeconds: number } };
    };
    expect(spec.concurrencyPolicy).toBe('Forbid');
    expect(spec.jobTemplate.spec.backoffLimit).toBe(0);
    expect(spec.jobTemplate.spec.activeDeadlineSeconds * 1000).toBe(parseDuration('60m'));
  });
});

describe('a disruption budget', () => {
  it("guards production's recorder alone, and never holds up a drain for a pod that is ill", () => {
    const budgets = (overlay: string) =>
      (renders.get(overlay as 'kargo') ?? []).filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets('gitops/overlays/canary')).toEqual([]);
    const [budget, ...others] = budgets('gitops/overlays/full');
    expect(others).toEqual([]);
    expect(budget?.spec).toMatchObject({
      maxUnavailable: 0,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    const guarded = pods('gitops/overlays/full').filter(({ labels }) =>
      matches(budget?.spec?.['selector'], labels),
    );
    expect(guarded.map(({ component }) => component)).toEqual(['ws-recorder']);
  });
});

function affinityTerms({ spec }: Pod): readonly {
  readonly topologyKey: string;
  readonly labelSelector: unknown;
}[] {
  const affinity = spec.affinity as
    | { podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: [] } }
    | undefined;
  return affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

function matches(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  return objectSelector(selector)(labels);
}
