import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Helm } from '../cluster/helm.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { isOurs, releaseOf, releaseThatMade } from './chart.ts';
import { chartFile } from './chart-source.ts';
import type { Chosen } from './components.ts';
import { KARGO_ADMIN_SECRET } from './values.ts';

export interface Finding {
  readonly what: string;
  readonly level: 'good' | 'warning' | 'problem';
  readonly detail: string;
}

export interface PreflightOptions {
  readonly kubectl: Kubectl;
  readonly helm: Helm;
  readonly chosen: readonly Chosen[];
  readonly charts?: string;
  readonly adminAccounts: boolean;
}

/** `--labels`, by which we know our releases, came with this. */
const OLDEST_HELM = [3, 13] as const;
/** ValidatingAdmissionPolicy, which kargo/ uses, is served by default since. */
const OLDEST_SERVER = [1, 30] as const;

/** What somebody who installs all of this must be allowed. */
const PERMISSIONS = [
  ['create', 'namespaces'],
  ['create', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['create', 'clusterroles.rbac.authorization.k8s.io'],
  ['create', 'clusterrolebindings.rbac.authorization.k8s.io'],
  ['create', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create', 'secrets'],
  ['create', 'deployments.apps'],
] as const;

const versions = z.object({ serverVersion: z.object({ gitVersion: z.string() }).optional() });
const storageClass = z.object({
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** Everything that can be known before anything is touched. Problems stop an installation; warnings do not. */
export async function preflight(options: PreflightOptions): Promise<readonly Finding[]> {
  const findings = [
    await helmVersion(options),
    await server(options),
    ...(await permissions(options)),
    await storage(options),
  ];
  for (const one of options.chosen) findings.push(...(await component(options, one)));
  if (options.adminAccounts) findings.push(await adminSecret(options));
  return findings;
}

/** @throws ClusterError PREFLIGHT_FAILED naming every problem */
export function requireGood(findings: readonly Finding[]): string {
  const problems = findings.filter(({ level }) => level === 'problem');
  const warnings = findings.filter(({ level }) => level === 'warning');
  if (problems.length > 0) {
    throw new ClusterError(
      'PREFLIGHT_FAILED',
      problems.map(({ what, detail }) => `${what}: ${detail}`).join('; '),
    );
  }
  const said = warnings.map(({ what, detail }) => `; warning: ${what}: ${detail}`).join('');
  return `${findings.length} looked at, nothing in the way${said}`;
}

async function helmVersion({ helm }: PreflightOptions): Promise<Finding> {
  const version = await helm.version();
  const level = atLeast(version, OLDEST_HELM) ? 'good' : 'problem';
  return { what: 'helm', level, detail: `${version}, needed ${OLDEST_HELM.join('.')} or newer` };
}

async function server({ kubectl }: PreflightOptions): Promise<Finding> {
  const words = ['version', '-ojson'];
  const text = await kubectl.run(words);
  const parsed = versions.safeParse(readJson(text));
  const version = parsed.success ? parsed.data.serverVersion?.gitVersion : undefined;
  if (version === undefined) {
    throw new ClusterError('BROKEN_ANSWER', 'kubectl version: no server version in the answer');
  }
  const level = atLeast(version, OLDEST_SERVER) ? 'good' : 'problem';
  return {
    what: 'cluster',
    level,
    detail: `Kubernetes ${version}, needed ${OLDEST_SERVER.join('.')} or newer`,
  };
}

async function permissions({ kubectl }: PreflightOptions): Promise<readonly Finding[]> {
  const asked = await Promise.all(
    PERMISSIONS.map(async ([verb, resource]) => {
      const words = ['auth', 'can-i', verb, resource, '--all-namespaces'];
      const answer = await kubectl.answer(words);
      const said = answer.out.trim().split('\n').at(-1);
      if (said === 'yes') return null;
      if (said === 'no') return `${verb} ${resource}`;
      throw kubectl.failed(words, answer);
    }),
  );
  const missing = asked.filter((one) => one !== null);
  if (missing.length === 0) {
    return [
      { what: 'permissions', level: 'good', detail: `all ${PERMISSIONS.length} that are needed` },
    ];
  }
  return [
    {
      what: 'permissions',
      level: 'problem',
      detail: `you may not ${missing.join(', nor ')}; use a context with the role cluster-admin`,
    },
  ];
}

async function storage({ kubectl }: PreflightOptions): Promise<Finding> {
  const classes = await kubectl.list('storageclasses', null, storageClass);
  const usual = classes.find(
    ({ metadata }) =>
      metadata.annotations['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (usual !== undefined) {
    return { what: 'storage', level: 'good', detail: `default class ${usual.metadata.name}` };
  }
  const names = classes.map(({ metadata }) => metadata.name).join(', ') || 'none';
  return {
    what: 'storage',
    level: 'warning',
    detail: `no default StorageClass (there: ${names}); give volumes with --nfs, or switch on a volume component of gitops/`,
  };
}

async function component(
  { kubectl, helm, charts }: PreflightOptions,
  { component: one, mode }: Chosen,
): Promise<readonly Finding[]> {
  const { name, crd } = one;
  if (mode === 'off') return [];
  const there =
    crd === undefined ? null : await kubectl.find('customresourcedefinition', crd, null, z.any());
  if (mode === 'existing') {
    const good = crd === undefined || there !== null;
    const detail = good ? 'is there and is left alone' : `is not there: no kind ${crd}`;
    return [{ what: name, level: good ? 'good' : 'problem', detail }];
  }
  if (charts !== undefined) {
    try {
      chartFile(charts, one);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return [{ what: name, level: 'problem', detail: error.message }];
    }
  }
  const release = await releaseOf(helm, one);
  if (release !== null && !(await isOurs(helm, one))) {
    return [
      {
        what: name,
        level: 'problem',
        detail: `release ${one.release} is somebody else's; keep it with --existing ${name}`,
      },
    ];
  }
  if (release === null && there !== null && releaseThatMade(there) !== one.release) {
    return [
      {
        what: name,
        level: 'problem',
        detail: `${crd} is there without a release of ours: somebody installed it; keep it with --existing ${name}`,
      },
    ];
  }
  const seen = release === null ? 'to be installed' : `${release.chart}, ${release.status}`;
  return [{ what: name, level: 'good', detail: seen }];
}

async function adminSecret({ kubectl }: PreflightOptions): Promise<Finding> {
  const words = ['get', 'secret', KARGO_ADMIN_SECRET, '--namespace=kargo', '--ignore-not-found'];
  const there = (await kubectl.run([...words, '-oname'])).trim() !== '';
  return {
    what: 'admin accounts',
    level: there ? 'warning' : 'problem',
    detail: there
      ? 'on: for a first look only, off again with the next install without --admin-accounts'
      : `Secret kargo/${KARGO_ADMIN_SECRET} is missing; docs/operations/platform.md says how to make it`,
  };
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const match = /v?(\d+)\.(\d+)/.exec(version);
  const [, ours = '0', less = '0'] = match ?? [];
  return Number(ours) > major || (Number(ours) === major && Number(less) >= minor);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClusterError('BROKEN_ANSWER', 'kubectl version: the answer is no whole JSON', {
      cause,
    });
  }
}
