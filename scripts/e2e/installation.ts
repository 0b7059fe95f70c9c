import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { verifierRights } from '../bootstrap/objects.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { parseObjects } from '../kargo/load.ts';
import { findKustomize } from '../kustomize/program.ts';
import { joinObjects, renderOverlay } from '../kustomize/render.ts';
import type { Progress } from '../rehearse/progress.ts';
import { PROJECT } from '../settings/names.ts';
import { E2eError } from './error.ts';
import { anyObject, application } from './objects.ts';
import { APP_PROJECTS, APPLICATIONS, ARGOCD_NAMESPACE, MARK, NAMESPACES } from './prerequisites.ts';
import { until } from './waiting.ts';

export interface InstallOptions {
  readonly kubectl: Kubectl;
  /** Checkout of the release whose argocd/ is applied. */
  readonly checkout: string;
  readonly home: string;
  readonly runId: string;
  /** Content of rclone.conf for the Secret that an operator would make. */
  readonly rcloneConf: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What kargo/ delivers beside its namespace; AppProject orderbooks-delivery permits names with this prefix only. */
const POLICY_PREFIX = 'orderbooks-';
const POLICY_KINDS = [
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
] as const;
/** What argocd/ delivers beside its Applications. */
const RIGHTS_KINDS = [
  'rolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
] as const;
const WORKLOADS = ['canary', 'full'] as const;
/** What a run before this one applied is ours too. */
const OURS = { force: true };
const DELIVERED_TIMEOUT_MS = 180_000;
const GONE_TIMEOUT_MS = 180_000;

/** Applies argocd/ and what an operator makes by hand; Argo CD then delivers Kargo's objects from main. */
export async function install(options: InstallOptions): Promise<void> {
  const { kubectl, checkout, runId, progress, signal } = options;
  for (const overlay of WORKLOADS) {
    const text = await readFile(
      join(checkout, 'gitops/overlays', overlay, 'namespace.yaml'),
      'utf8',
    );
    const document = parseDocument(text);
    document.setIn(['metadata', 'annotations', MARK], runId);
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'orderbooks-rclone-config',
        namespace: String(document.getIn(['metadata', 'name'])),
      },
      stringData: { 'rclone.conf': options.rcloneConf },
    };
    await kubectl.apply([document.toJS()], OURS);
    await kubectl.apply([secret], OURS);
  }
  const rights = await verifierRights(checkout);
  await kubectl.apply(rights, OURS);
  progress.note("namespaces, the verifier's rights in them and the Secret of the remote are there");
  const rendered = joinObjects(
    await renderOverlay(await findKustomize(), join(checkout, 'argocd'), {
      home: options.home,
      signal,
    }),
  );
  const objects = parseObjects({ file: 'argocd (rendered)', text: rendered }).map(({ value }) => {
    const object = value as { metadata: { annotations?: Record<string, string> } };
    object.metadata.annotations = { ...object.metadata.annotations, [MARK]: runId };
    return object;
  });
  // Projects first: an Application without its AppProject is an error until the next look.
  const sorted = [...objects].sort((left, right) => rank(left) - rank(right));
  await kubectl.apply(sorted, OURS);
  await delivered({ kubectl, progress, signal });
  await kubectl.run(['annotate', 'namespace', PROJECT, `${MARK}=${runId}`, '--overwrite']);
  progress.note('Argo CD delivered the Project, the Warehouse, both Stages and the tasks', 'good');
}

/** Waits until Argo CD has delivered kargo/ from main, as of `commit` where one is given. */
export async function delivered(
  { kubectl, progress, signal }: Pick<InstallOptions, 'kubectl' | 'progress' | 'signal'>,
  commit?: string,
): Promise<void> {
  const name = 'orderbooks-delivery';
  if (commit !== undefined) {
    await kubectl.run([
      'annotate',
      'applications.argoproj.io',
      name,
      `--namespace=${ARGOCD_NAMESPACE}`,
      '--overwrite',
      'argocd.argoproj.io/refresh=normal',
    ]);
  }
  await until(
    { what: `Application ${name}`, timeoutMs: DELIVERED_TIMEOUT_MS, signal, progress },
    async () => {
      const found = await kubectl.find(
        'applications.argoproj.io',
        name,
        ARGOCD_NAMESPACE,
        application,
      );
      const { sync, operationState, conditions } = found?.status ?? {};
      const here = commit === undefined || sync?.revision === commit;
      if (here && sync?.status === 'Synced' && operationState?.phase === 'Succeeded')
        return { done: true };
      const words = [
        sync?.status,
        here ? undefined : `at ${sync?.revision.slice(0, 12)}`,
        operationState?.phase,
        operationState?.message,
        ...(conditions ?? []).map(({ message }) => message),
      ];
      return { notYet: words.filter(Boolean).join(', ') || 'not seen by Argo CD' };
    },
  );
}

/**
 * Deletes everything that runs have made, and nothing that lacks their mark. Volumes that the cluster retains stay;
 * their names are returned.
 *
 * @throws E2eError NOT_OURS before anything is deleted
 */
export async function uninstall(options: {
  readonly kubectl: Kubectl;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}): Promise<{ readonly retained: readonly string[] }> {
  const { kubectl, progress, signal } = options;
  const ours = await requireMarks(kubectl);
  const retained = await volumesOf(kubectl);
  const drop = async (kind: string, names: readonly string[], namespace: string | null) => {
    for (const name of names) {
      await kubectl.run([
        'delete',
        kind,
        name,
        ...(namespace === null ? [] : [`--namespace=${namespace}`]),
        '--ignore-not-found',
        '--wait=false',
      ]);
    }
  };
  progress.current('deleting Applications');
  // Delivery first, or it would restore what is deleted.
  await drop('applications.argoproj.io', APPLICATIONS, ARGOCD_NAMESPACE);
  await drop('appprojects.argoproj.io', APP_PROJECTS, ARGOCD_NAMESPACE);
  for (const kind of RIGHTS_KINDS) {
    const found = await kubectl.list(kind, ARGOCD_NAMESPACE, anyObject);
    const marked = found.filter(({ metadata }) => metadata.annotations[MARK] !== undefined);
    await drop(
      kind,
      marked.map(({ metadata }) => metadata.name),
      ARGOCD_NAMESPACE,
    );
  }
  if (ours) {
    for (const kind of POLICY_KINDS) {
      const found = await kubectl.list(kind, null, anyObject);
      const names = found.map(({ metadata }) => metadata.name);
      await drop(
        kind,
        names.filter((name) => name.startsWith(POLICY_PREFIX)),
        null,
      );
    }
    await drop('projects.kargo.akuity.io', [PROJECT], null);
  }
  await until(
    { what: 'the namespaces to be gone', timeoutMs: GONE_TIMEOUT_MS, signal, progress },
    async () => {
      const there: string[] = [];
      for (const name of NAMESPACES) {
        const found = await kubectl.find('namespace', name, null, anyObject);
        if (found === null) continue;
        there.push(name);
        await drop('namespace', [name], null);
      }
      return there.length === 0 ? { done: true } : { notYet: `there: ${there.join(', ')}` };
    },
  );
  progress.note('everything that the run made on the cluster is deleted', 'good');
  return { retained };
}

function rank(object: unknown): number {
  return (object as { kind?: string }).kind === 'AppProject' ? 0 : 1;
}

/** Whether there is anything of a run at all. */
async function requireMarks(kubectl: Kubectl): Promise<boolean> {
  const foreign: string[] = [];
  let ours = false;
  for (const name of NAMESPACES) {
    const found = await kubectl.find('namespace', name, null, anyObject);
    if (found === null) continue;
    if (found.metadata.annotations[MARK] === undefined) foreign.push(name);
    else ours = true;
  }
  const delivery = await kubectl.find(
    'applications.argoproj.io',
    'orderbooks-delivery',
    ARGOCD_NAMESPACE,
    anyObject,
  );
  const deliveredByUs = delivery?.metadata.annotations[MARK] !== undefined;
  // A run that ended early never came to mark the namespace that Kargo made.
  const unmarked = foreign.filter((name) => name !== PROJECT || !deliveredByUs);
  if (unmarked.length === 0) return ours || deliveredByUs;
  throw new E2eError(
    'NOT_OURS',
    `namespaces ${unmarked.join(', ')} lack the annotation ${MARK}: no run made them, so none deletes them`,
  );
}

async function volumesOf(kubectl: Kubectl): Promise<readonly string[]> {
  const text = await kubectl.run(['get', 'persistentvolumes', '--output=json']);
  const { items } = JSON.parse(text) as {
    items: {
      metadata: { name: string };
      spec: { persistentVolumeReclaimPolicy?: string; claimRef?: { namespace?: string } };
    }[];
  };
  return items
    .filter(
      ({ spec }) =>
        spec.persistentVolumeReclaimPolicy === 'Retain' &&
        (NAMESPACES as readonly string[]).includes(spec.claimRef?.namespace ?? ''),
    )
    .map(({ metadata }) => metadata.name);
}
