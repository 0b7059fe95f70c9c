import { ClusterError } from '../cluster/failure.ts';
import type { Helm } from '../cluster/helm.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type Step, type StepOutcome } from '../cluster/steps.ts';
import { buildNamespace } from '../image/build-namespace.ts';
import { applyBundle, delivered } from './bundle.ts';
import { installChart } from './chart.ts';
import type { Chosen, Runners } from './components.ts';
import { installForgejoRunner } from './forgejo-runner.ts';
import { preflight, requireGood } from './preflight.ts';
import { unreadyPods } from './unready-pods.ts';
import { type ValuesOptions, valuesOf } from './values.ts';
import { type NfsShare, provideVolumes } from './volumes.ts';

export interface InstallOptions {
  readonly kubectl: Kubectl;
  readonly helm: Helm;
  readonly chosen: readonly Chosen[];
  readonly values: ValuesOptions;
  readonly charts?: string;
  readonly nfs?: NfsShare;
  /** Leaves the bundle's own objects out, for whoever brings them in another way. */
  readonly toolsOnly: boolean;
  readonly runners: Runners;
  /** How long each chart may take, milliseconds. */
  readonly timeoutMs: number;
  /** How long to wait for Argo CD's first delivery, milliseconds. */
  readonly waitMs: number;
  /** Home of kustomize: it reads no user's configuration. */
  readonly home: string;
  readonly signal: AbortSignal;
}

const NOT_WANTED: StepOutcome = { state: 'skipped', detail: 'left out by --tools-only' };

/** Preflight, volumes, each component in its order, the project's objects. Every step may be run again. */
export function installSteps(options: InstallOptions): readonly Step[] {
  const { kubectl, helm, chosen, values, charts, nfs, signal, toolsOnly } = options;
  const { dryRun } = kubectl;
  const charted = charts === undefined ? {} : { charts };
  return [
    {
      name: 'preflight',
      run: async () => {
        const { adminAccounts } = values;
        const found = await preflight({ kubectl, helm, chosen, ...charted, adminAccounts });
        return { state: 'done', detail: requireGood(found) };
      },
    },
    {
      name: 'volumes',
      run: async () =>
        nfs === undefined
          ? { state: 'skipped', detail: 'no --nfs: claims are answered by the StorageClass' }
          : provideVolumes(kubectl, nfs),
    },
    ...chosen.map(({ component, mode }): Step => {
      return {
        name: component.name,
        run: async () => {
          if (mode === 'off')
            return { state: 'skipped', detail: `not needed or not asked for: ${component.what}` };
          if (mode === 'existing')
            return { state: 'unchanged', detail: "somebody else's, left alone" };
          const wanted = await valuesOf(component.name, values);
          const { timeoutMs } = options;
          const chart = { helm, component, values: wanted, ...charted, dryRun, timeoutMs };
          return installChart(chart).catch(async (error: unknown): Promise<never> => {
            // Helm says that it waited too long, not for what.
            if (!(error instanceof ClusterError) || dryRun) throw error;
            const pods = await unreadyPods(kubectl.regardless(), component.namespace);
            const { code, message, outcomeUnknown } = error;
            throw new ClusterError(code, `${message}${pods}`, { cause: error, outcomeUnknown });
          });
        },
      };
    }),
    {
      name: 'forgejo runner',
      run: async () =>
        options.runners === 'forgejo'
          ? installForgejoRunner(kubectl)
          : { state: 'skipped', detail: 'not asked for: --runners forgejo' },
    },
    {
      name: 'build namespace',
      run: async () =>
        toolsOnly ? NOT_WANTED : outcomeOf(await kubectl.apply([buildNamespace()]), dryRun),
    },
    {
      name: 'argocd objects',
      run: async () =>
        toolsOnly
          ? NOT_WANTED
          : applyBundle(kubectl, { root: values.root, home: options.home, signal }),
    },
    {
      name: 'kargo objects',
      run: async () =>
        toolsOnly ? NOT_WANTED : delivered(kubectl, { waitMs: options.waitMs, signal }),
    },
  ];
}
