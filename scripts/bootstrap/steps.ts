import { changesText, type MadeChange, noteChange } from '../cluster/changes.ts';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type Step, type StepOutcome } from '../cluster/steps.ts';
import {
  FORGEJO_RUNNER_NAMESPACE,
  FORGEJO_RUNNER_SECRET,
  forgejoRunnerNamespace,
} from '../platform/forgejo-runner.ts';
import type { Settings } from '../settings/settings.ts';
import type { Forge } from './forge.ts';
import {
  argocdRepository,
  buildGit,
  type GitCredentials,
  kargoRegistry,
  kargoRepository,
  type Login,
  namespaces,
  pullSecrets,
  registryHost,
  secret,
  verifierRights,
} from './objects.ts';
import { checkRclone, createRclone, type RcloneBy } from './rclone.ts';

export interface BootstrapOptions {
  readonly root: string;
  readonly kubectl: Kubectl;
  readonly settings: Settings;
  readonly registry?: Login;
  readonly git?: GitCredentials;
  readonly runnerToken?: string;
  /** Of Forgejo's runner: its whole config.yml. */
  readonly forgejoRunner?: string;
  readonly rcloneConf?: string;
  readonly rcloneBy: RcloneBy;
  readonly forge?: { readonly api: Forge; readonly title: string; readonly create: boolean };
  /** A kubeconfig with no more rights than the workflows need. */
  readonly ciKubeconfig?: string;
}

const NOT_ASKED: StepOutcome = { state: 'skipped', detail: 'not asked for' };

/** This application's part of a cluster and a forge. Every step may be run again. */
export function bootstrapSteps(options: BootstrapOptions): readonly Step[] {
  const { kubectl, settings, registry, git, forge } = options;
  const apply = async (objects: readonly object[]) =>
    outcomeOf(await kubectl.apply(objects), kubectl.dryRun);
  return [
    { name: 'namespaces', run: async () => apply(await namespaces(options.root)) },
    {
      name: "verifier's rights",
      run: () => inNewNamespaces(kubectl, async () => apply(await verifierRights(options.root))),
    },
    {
      name: 'registry',
      run: async () =>
        registry === undefined
          ? NOT_ASKED
          : inNewNamespaces(kubectl, () =>
              apply([...pullSecrets(settings, registry), kargoRegistry(settings, registry)]),
            ),
    },
    {
      name: 'git credentials',
      run: async () =>
        git === undefined
          ? NOT_ASKED
          : inNewNamespaces(kubectl, () =>
              apply([
                argocdRepository(settings, git),
                kargoRepository(settings, git),
                ...buildGit(git),
              ]),
            ),
    },
    {
      name: 'runner token',
      run: async () => {
        const objects = runnerSecrets(options);
        return objects.length === 0 ? NOT_ASKED : inNewNamespaces(kubectl, () => apply(objects));
      },
    },
    {
      name: 'repository',
      run: async () => (forge === undefined ? NOT_ASKED : repository(forge, kubectl.dryRun)),
    },
    {
      name: 'actions',
      run: async () => (forge === undefined ? NOT_ASKED : actions(forge.api, options)),
    },
    {
      name: 'rclone',
      run: async () =>
        options.rcloneConf === undefined
          ? checkRclone(kubectl, options.rcloneBy)
          : inNewNamespaces(kubectl, () => createRclone(kubectl, options.rcloneConf ?? '')),
    },
  ];
}

/**
 * In a dry run the namespaces may not be there yet; the server then cannot judge what would be in them. Otherwise those that are missing
 * are the tools'.
 */
async function inNewNamespaces(
  kubectl: Kubectl,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'NOT_FOUND') throw error;
    if (!kubectl.dryRun) {
      throw new ClusterError(
        'PLATFORM_MISSING',
        `${error.message} The namespaces argocd and orderbooks-build come with: npm run platform -- install`,
      );
    }
    return { state: 'would change', detail: 'would be created with its namespaces' };
  }
}

function runnerSecrets({ runnerToken, forgejoRunner }: BootstrapOptions): readonly object[] {
  return [
    ...(runnerToken === undefined
      ? []
      : [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'arc-runners' } },
          secret('arc-runners', 'github-runner-token', { github_token: runnerToken }),
        ]),
    ...(forgejoRunner === undefined
      ? []
      : [
          forgejoRunnerNamespace(),
          secret(FORGEJO_RUNNER_NAMESPACE, FORGEJO_RUNNER_SECRET, { 'config.yml': forgejoRunner }),
        ]),
  ];
}

async function repository(
  { api, title, create }: NonNullable<BootstrapOptions['forge']>,
  dryRun: boolean,
): Promise<StepOutcome> {
  if (await api.hasRepository()) return { state: 'unchanged', detail: `${title} is there` };
  if (!create) {
    throw new ClusterError(
      'REPOSITORY_MISSING',
      `${title}: not there, or the token may not see it, or this is not the forge's address; --create-repository makes it`,
    );
  }
  if (dryRun) return { state: 'would change', detail: `create ${title}, private` };
  await api.createRepository();
  return { state: 'changed', detail: `${title} created, private` };
}

/** Secrets cannot be compared, so they are written each time; variables only where they differ. */
async function actions(api: Forge, options: BootstrapOptions): Promise<StepOutcome> {
  const { kubectl, settings, registry, ciKubeconfig } = options;
  if (kubectl.dryRun && !(await api.hasRepository())) {
    return { state: 'would change', detail: 'would be set with the repository' };
  }
  const secrets: Readonly<Record<string, string>> = {
    ...(ciKubeconfig === undefined
      ? {}
      : { KUBECONFIG_B64: Buffer.from(ciKubeconfig).toString('base64') }),
    ...(registry === undefined ? {} : { REGISTRY_TOKEN: registry.password }),
  };
  const variables: Readonly<Record<string, string>> = {
    REGISTRY_HOST: registryHost(settings.imageRepository),
    IMAGE_REPOSITORY: settings.imageRepository,
    KARGO_PROJECT: settings.project,
    // The image workflow then builds in the cluster instead of on its runner.
    ...(ciKubeconfig === undefined ? {} : { BUILD_IN_CLUSTER: 'true' }),
    ...(registry === undefined ? {} : { REGISTRY_USERNAME: registry.username }),
  };
  const made: MadeChange[] = [];
  const note = (one: MadeChange) => {
    made.push(one);
    if (!kubectl.dryRun) noteChange(one);
  };
  const known = await api.secretNames();
  for (const [name, value] of Object.entries(secrets)) {
    if (!kubectl.dryRun) await api.setSecret(name, value);
    note({ object: `secret ${name}`, change: known.includes(name) ? 'replaced' : 'created' });
  }
  for (const [name, value] of Object.entries(variables)) {
    const before = await api.variable(name);
    if (before === value) continue;
    if (!kubectl.dryRun) await api.setVariable(name, value, before === null);
    note({ object: `variable ${name}`, change: before === null ? 'created' : 'changed' });
  }
  if (made.length === 0) return { state: 'unchanged', detail: 'variables are as wanted' };
  return kubectl.dryRun
    ? { state: 'would change', detail: `would be: ${changesText(made)}` }
    : { state: 'changed', detail: changesText(made) };
}
