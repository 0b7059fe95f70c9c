import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { GIT_SECRET, REGISTRY_SECRET } from '../image/build-job.ts';
import { BUILD_NAMESPACE } from '../image/build-namespace.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';
import type { Settings } from '../settings/settings.ts';

export { PROJECT as DELIVERY_NAMESPACE };
export const WORKLOAD_NAMESPACES = [CANARY_NAMESPACE, PRODUCTION_NAMESPACE] as const;
export const PULL_SECRET = REGISTRY_SECRET;

/** ServiceAccounts whose pods run the image, by namespace. */
export const PULLING_ACCOUNTS: Readonly<Record<string, readonly string[]>> = {
  [CANARY_NAMESPACE]: ['orderbooks-uploader', 'orderbooks-ws-recorder'],
  [PRODUCTION_NAMESPACE]: ['orderbooks-collector', 'orderbooks-uploader', 'orderbooks-ws-recorder'],
  [PROJECT]: ['orderbooks-verifier'],
};

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** How Argo CD and Kargo sign in to git. */
export type GitCredentials = Login | { readonly sshKey: string };

/** The workloads' namespaces as their overlays write them, and the one that Kargo then adopts. */
export async function namespaces(root: string): Promise<readonly object[]> {
  const files = ['canary', 'full'].map((one) => `gitops/overlays/${one}/namespace.yaml`);
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  return [
    ...texts.map((text): object => parse(text)),
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: PROJECT,
        // Kargo takes an existing namespace for its Project only with this label.
        labels: { 'kargo.akuity.io/project': 'true' },
      },
    },
  ];
}

/**
 * What the verifier may do in the workloads' namespaces, as the base has it. Argo CD delivers the same with each stage, but
 * the canary's gates already look at production when nothing was ever promoted to it.
 */
export async function verifierRights(root: string): Promise<readonly object[]> {
  const files = ['role-verifier.yaml', 'rolebinding-verifier.yaml'];
  const texts = await Promise.all(
    files.map((file) => readFile(join(root, 'gitops/base', file), 'utf8')),
  );
  return WORKLOAD_NAMESPACES.flatMap((namespace) =>
    texts.map((text) => {
      const object = parse(text) as { readonly metadata: object };
      return { ...object, metadata: { ...object.metadata, namespace } };
    }),
  );
}

/** The Secret with which nodes pull the image and the build pushes it, and the accounts that name it. */
export function pullSecrets({ imageRepository }: Settings, login: Login): readonly object[] {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const config = JSON.stringify({
    auths: { [registryHost(imageRepository)]: { ...login, auth } },
  });
  const pulling = { ...PULLING_ACCOUNTS, [BUILD_NAMESPACE]: [] };
  return Object.entries(pulling).flatMap(([namespace, accounts]) => [
    secret(
      namespace,
      PULL_SECRET,
      { '.dockerconfigjson': config },
      {
        type: 'kubernetes.io/dockerconfigjson',
      },
    ),
    // Only this field: the rest of the account is Argo CD's.
    ...accounts.map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
      imagePullSecrets: [{ name: PULL_SECRET }],
    })),
  ]);
}

/** Kargo finds images by it (docs.kargo.io, "Managing Credentials"). */
export function kargoRegistry({ imageRepository }: Settings, login: Login): object {
  return secret(
    PROJECT,
    'registry-orderbooks',
    { repoURL: imageRepository, ...login },
    { labels: { 'kargo.akuity.io/cred-type': 'image' } },
  );
}

/** Argo CD reads the repository by it (argo-cd.readthedocs.io, "Declarative Setup", Repositories). */
export function argocdRepository({ repoURL }: Settings, credentials: GitCredentials): object {
  return secret(
    'argocd',
    'repo-orderbooks',
    { type: 'git', url: repoURL, ...keysOf(credentials) },
    { labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
  );
}

/** Kargo reads main and writes stage/* by it. */
export function kargoRepository({ repoURL }: Settings, credentials: GitCredentials): object {
  return secret(
    PROJECT,
    'git-orderbooks',
    { repoURL, ...keysOf(credentials) },
    { labels: { 'kargo.akuity.io/cred-type': 'git' } },
  );
}

/** The build reads a private repository by it; it takes tokens only. */
export function buildGit(credentials: GitCredentials): readonly object[] {
  if ('sshKey' in credentials) return [];
  return [secret(BUILD_NAMESPACE, GIT_SECRET, { token: credentials.password })];
}

export function secret(
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
  more: { readonly type?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): object {
  const data = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/name': 'orderbooks', ...more.labels },
    },
    type: more.type ?? 'Opaque',
    // Not stringData: the server turns it into data, and two runs would never look the same.
    data: Object.fromEntries(data),
  };
}

/** What stands before the first slash of an image repository. */
export function registryHost(imageRepository: string): string {
  return imageRepository.split('/')[0] ?? imageRepository;
}

function keysOf(credentials: GitCredentials): Readonly<Record<string, string>> {
  return 'sshKey' in credentials ? { sshPrivateKey: credentials.sshKey } : { ...credentials };
}
