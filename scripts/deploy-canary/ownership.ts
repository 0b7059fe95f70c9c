import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { type KubernetesObject, titleOf } from '../cluster/objects.ts';
import { CANARY_NAMESPACE } from './scope.ts';

const ARGOCD_NAMESPACE = 'argocd';
const APPLICATION = 'orderbooks-canary';
/** Argo CD 3 marks what it owns with this annotation, and writes under this field manager. */
const TRACKING = 'argocd.argoproj.io/tracking-id';
const MANAGER = 'argocd-controller';

export interface Ownership {
  /** Objects that Argo CD wrote, such as `Deployment orderbooks-canary/orderbooks-ws-recorder`. */
  readonly owned: readonly string[];
  /** Of the Application that would undo a change by hand; null if there is none. */
  readonly application: {
    readonly automated: Readonly<Record<string, unknown>> | null;
    /** Somebody who syncs the Application itself would undo its pausing. */
    readonly ownedBy: string | null;
  } | null;
}

const application = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    syncPolicy: z.object({ automated: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  }),
});
const live = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.object({ manager: z.string().optional() })).default([]),
  }),
});

/** Who else writes the scoped set. */
export async function readOwnership(
  kubectl: Kubectl,
  objects: readonly KubernetesObject[],
): Promise<Ownership> {
  const owned: string[] = [];
  for (const object of objects) {
    const { kind, metadata } = object;
    const namespace = kind === 'Namespace' ? null : CANARY_NAMESPACE;
    const words = namespace === null ? [] : [`--namespace=${namespace}`];
    const asked = [
      'get',
      kind,
      metadata.name,
      ...words,
      '--ignore-not-found',
      '-ojson',
      '--show-managed-fields',
    ];
    const text = await kubectl.run(asked);
    if (text.trim() === '') continue;
    const { annotations, managedFields } = readLive(titleOf(object), text);
    if (
      annotations[TRACKING] !== undefined ||
      managedFields.some(({ manager }) => manager === MANAGER)
    )
      owned.push(titleOf(object));
  }
  const found = await kubectl.find(
    'applications.argoproj.io',
    APPLICATION,
    ARGOCD_NAMESPACE,
    application,
  );
  return {
    owned,
    application:
      found === null
        ? null
        : {
            automated: found.spec.syncPolicy?.automated ?? null,
            ownedBy: found.metadata.annotations[TRACKING] ?? null,
          },
  };
}

/**
 * @throws ClusterError ARGOCD_OWNS unless Argo CD has nothing to do with the set, or `handOver` says to pause it
 */
export function requireOwnership(
  { owned, application: found }: Ownership,
  handOver: boolean,
): void {
  const reasons = [
    ...(owned.length > 0 ? [`it wrote ${owned.join(', ')}`] : []),
    ...(found?.automated !== null && found !== null
      ? [`Application ${APPLICATION} syncs by itself and would undo this deployment`]
      : []),
  ];
  if (reasons.length === 0) return;
  if (!handOver) {
    throw new ClusterError(
      'ARGOCD_OWNS',
      `Argo CD owns the canary: ${reasons.join('; ')}. Promote with Kargo instead, or take over in an emergency with --hand-over pause: it stops the Application's own sync, and the evidence says how to give it back`,
    );
  }
  if (found?.ownedBy !== null && found !== null) {
    throw new ClusterError(
      'ARGOCD_OWNS',
      `Application ${APPLICATION} is itself synced by Argo CD (${found.ownedBy}), which would undo a pause; stop that one first`,
    );
  }
}

/** The command that gives the canary back to an Application that was paused; null where nothing is to be paused. */
export function givingBack({ application: found }: Ownership): string | null {
  if (found === null || found.automated === null) return null;
  return `kubectl ${syncWords(found.automated)
    .map((word) => (word.includes('{') ? `'${word}'` : word))
    .join(' ')}`;
}

/** Stops the Application's own sync. */
export async function pause(kubectl: Kubectl): Promise<void> {
  await kubectl.run([...syncWords(null), ...(kubectl.dryRun ? ['--dry-run=server'] : [])]);
}

function syncWords(automated: unknown): readonly string[] {
  return [
    'patch',
    'applications.argoproj.io',
    APPLICATION,
    `--namespace=${ARGOCD_NAMESPACE}`,
    '--type=merge',
    `--patch=${JSON.stringify({ spec: { syncPolicy: { automated } } })}`,
  ];
}

function readLive(what: string, text: string): z.infer<typeof live>['metadata'] {
  try {
    return live.parse(JSON.parse(text)).metadata;
  } catch (cause) {
    throw new ClusterError(
      'BROKEN_ANSWER',
      `kubectl get ${what}: expected one whole object, seen ${text.length} characters that are none; run again`,
      { cause },
    );
  }
}
