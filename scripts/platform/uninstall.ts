import { ClusterError } from '../cluster/failure.ts';
import type { Helm } from '../cluster/helm.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Step, StepOutcome } from '../cluster/steps.ts';
import { ARGOCD_NAMESPACE, applications, DELIVERY } from './bundle.ts';
import { changeRelease, helmSeconds, isOurs, releaseOf } from './chart.ts';
import type { Chosen, Component } from './components.ts';
import { removeForgejoRunner } from './forgejo-runner.ts';
import { type Kept, proveKept, takeStock } from './kept.ts';

export interface UninstallOptions {
  readonly kubectl: Kubectl;
  readonly helm: Helm;
  readonly chosen: readonly Chosen[];
  /** Until everything that a chart brought is gone. */
  readonly timeoutMs: number;
}

/** Its management controller marks the accounts of its controllers with a finalizer. */
const MARKED_ACCOUNTS = 'app.kubernetes.io/component=controller';
/** The management controller answers within a second; this is for a starved node. */
const ACCOUNTS_TIMEOUT_S = 60;

const APP_PROJECTS = ['orderbooks-workloads', 'orderbooks-delivery'] as const;

/** In reverse of the installation; the last step proves that no data and nothing that records was touched. */
export function uninstallSteps({
  kubectl,
  helm,
  chosen,
  timeoutMs,
}: UninstallOptions): readonly Step[] {
  let stock: readonly Kept[] = [];
  const { dryRun } = kubectl;
  return [
    {
      name: 'stock',
      run: async () => {
        stock = await takeStock(kubectl);
        return {
          state: 'done',
          detail: `${stock.length} objects (volumes, claims, namespaces, workloads, history) must be there afterwards`,
        };
      },
    },
    { name: 'argocd objects', run: () => removeBundle(kubectl) },
    { name: 'forgejo runner', run: () => removeForgejoRunner(kubectl) },
    ...[...chosen].reverse().map(({ component, mode }): Step => {
      return {
        name: component.name,
        run: async () =>
          mode === 'existing'
            ? { state: 'unchanged', detail: "somebody else's, left alone" }
            : removeChart(helm, component, {
                dryRun,
                timeoutMs,
                ...(component.name === 'kargo'
                  ? { first: () => dropMarkedAccounts(kubectl, component.namespace) }
                  : {}),
              }),
      };
    }),
    {
      name: 'proof',
      run: async () => ({ state: 'done', detail: await proveKept(kubectl, stock) }),
    },
  ];
}

/** Applications go without their objects: the workloads keep recording. */
async function removeBundle(kubectl: Kubectl): Promise<StepOutcome> {
  const there = await applications(kubectl);
  const cascading = there.filter(({ cascades }) => cascades).map(({ name }) => name);
  if (cascading.length > 0) {
    throw new ClusterError(
      'WOULD_DELETE_WORKLOADS',
      `Applications ${cascading.join(', ')} have the finalizer resources-finalizer.argocd.argoproj.io: deleting them would delete what they deployed, the recorder too. This bundle sets none; take it away with kubectl -n ${ARGOCD_NAMESPACE} patch, then run again`,
    );
  }
  // Delivery first, or it would restore what is deleted.
  const names = there
    .map(({ name }) => name)
    .sort((left, right) => Number(right === DELIVERY) - Number(left === DELIVERY));
  if (names.length === 0) return { state: 'unchanged', detail: 'no Applications are there' };
  if (kubectl.dryRun) {
    return { state: 'would change', detail: `delete Applications ${names.join(', ')}` };
  }
  const drop = (kind: string, name: string) =>
    kubectl.run([
      'delete',
      kind,
      name,
      `--namespace=${ARGOCD_NAMESPACE}`,
      '--ignore-not-found',
      '--cascade=orphan',
    ]);
  for (const name of names) await drop('applications.argoproj.io', name);
  for (const name of APP_PROJECTS) await drop('appprojects.argoproj.io', name);
  return {
    state: 'changed',
    detail: `Applications ${names.join(', ')} deleted; what they deployed stays`,
  };
}

async function removeChart(
  helm: Helm,
  component: Component,
  {
    dryRun,
    timeoutMs,
    first,
  }: { readonly dryRun: boolean; readonly timeoutMs: number; first?(): Promise<void> },
): Promise<StepOutcome> {
  const release = await releaseOf(helm, component);
  if (release === null) return { state: 'unchanged', detail: 'no release is there' };
  if (!(await isOurs(helm, component))) {
    return { state: 'unchanged', detail: `release ${release.name} is somebody else's, left alone` };
  }
  if (dryRun) return { state: 'would change', detail: `uninstall ${release.chart}` };
  await first?.();
  await changeRelease(helm, component, release, () =>
    helm.run(
      [
        'uninstall',
        component.release,
        `--namespace=${component.namespace}`,
        '--wait',
        `--timeout=${helmSeconds(timeoutMs)}s`,
      ],
      undefined,
      timeoutMs,
    ),
  );
  return {
    state: 'changed',
    detail: `${release.chart} uninstalled; its kinds, their objects and namespace ${component.namespace} stay`,
  };
}

/**
 * While the management controller still runs: Helm would end it together with the accounts, wait for them in vain, and
 * the next installation would find an account that is about to be deleted.
 */
async function dropMarkedAccounts(kubectl: Kubectl, namespace: string): Promise<void> {
  const words = [
    'delete',
    'serviceaccounts',
    `--namespace=${namespace}`,
    `--selector=${MARKED_ACCOUNTS}`,
    '--ignore-not-found',
    `--timeout=${ACCOUNTS_TIMEOUT_S}s`,
  ];
  const answer = await kubectl.answer(words, undefined, (ACCOUNTS_TIMEOUT_S + 30) * 1000);
  if (answer.code === 0) return;
  throw new ClusterError(
    'ACCOUNTS_STAY',
    `${kubectl.failed(words, answer).message}; Kargo's management controller takes its finalizer off the ServiceAccounts of namespace ${namespace} when they are deleted: see whether it runs (kubectl -n ${namespace} get pods). Where it cannot run again, take the finalizer away: kubectl -n ${namespace} patch serviceaccount kargo-controller --type=merge -p '{"metadata":{"finalizers":null}}'. Then run again`,
  );
}
