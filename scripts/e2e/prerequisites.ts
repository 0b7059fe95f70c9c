import { z } from 'zod';
import { messageOf } from '../../runtime/thrown.ts';
import type { Asking } from '../cluster/kubectl.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';
import { E2eError } from './error.ts';
import { anyObject, crd, deployment } from './objects.ts';
import { type Forge, mainOf, TRAILER } from './release.ts';

/** The marks of a run: an object with this annotation may be deleted by the next one. */
export const MARK = 'orderbooks-e2e';
export const NAMESPACES = [PROJECT, CANARY_NAMESPACE, PRODUCTION_NAMESPACE] as const;
export const ARGOCD_NAMESPACE = 'argocd';
export const APPLICATIONS = [
  'orderbooks-delivery',
  'orderbooks-canary',
  'orderbooks-full',
] as const;
export const APP_PROJECTS = ['orderbooks-delivery', 'orderbooks-workloads'] as const;

/** Where a run would push to. */
type Repositories = Pick<Forge, 'pushUrl' | 'imageRepository' | 'folder' | 'signal'>;

export interface Finding {
  readonly what: string;
  readonly seen: string;
  /** Absent where all is well. */
  readonly advice?: string;
}

/** ValidatingAdmissionPolicy became stable here. */
const OLDEST_KUBERNETES = [1, 30] as const;
const KINDS: readonly { readonly crd: string; readonly version: string; readonly of: string }[] = [
  ...[
    'projects',
    'projectconfigs',
    'warehouses',
    'stages',
    'freights',
    'promotions',
    'promotiontasks',
  ].map((plural) => ({ crd: `${plural}.kargo.akuity.io`, version: 'v1alpha1', of: 'Kargo' })),
  ...['applications', 'appprojects'].map((plural) => ({
    crd: `${plural}.argoproj.io`,
    version: 'v1alpha1',
    of: 'Argo CD',
  })),
  ...['analysistemplates', 'analysisruns'].map((plural) => ({
    crd: `${plural}.argoproj.io`,
    version: 'v1alpha1',
    of: 'Argo Rollouts',
  })),
];
const RIGHTS: readonly (readonly [verb: string, resource: string, namespace: string | null])[] = [
  ['create', 'namespaces', null],
  ['delete', 'namespaces', null],
  ['create', 'applications.argoproj.io', ARGOCD_NAMESPACE],
  ['create', 'appprojects.argoproj.io', ARGOCD_NAMESPACE],
  ['delete', 'projects.kargo.akuity.io', null],
  ['create', 'promotions.kargo.akuity.io', PROJECT],
  ['promote', 'stages.kargo.akuity.io', PROJECT],
  ['patch', 'warehouses.kargo.akuity.io', PROJECT],
  ['create', 'secrets', CANARY_NAMESPACE],
  ['get', 'configmaps', PROJECT],
  ['get', 'pods/log', PROJECT],
  ['delete', 'validatingadmissionpolicies.admissionregistration.k8s.io', null],
];

/** Everything that can be known before anything is touched. */
export async function examine(kubectl: Asking, forge: Repositories): Promise<readonly Finding[]> {
  const findings = [await kubernetes(kubectl), ...(await kinds(kubectl))];
  findings.push(...(await versions(kubectl)));
  // Without the kinds, rights on them cannot be asked for.
  if (findings.every(({ advice }) => advice === undefined))
    findings.push(...(await rights(kubectl)));
  findings.push(...(await strangers(kubectl)), await storage(kubectl));
  findings.push(await repository(forge), await registry(forge.imageRepository));
  return findings;
}

/** @throws E2eError PREREQUISITES_MISSING with every finding that has advice */
export function requireAll(findings: readonly Finding[]): void {
  const missing = findings.filter(({ advice }) => advice !== undefined);
  if (missing.length === 0) return;
  const lines = missing.map(({ what, seen, advice }) => `\n- ${what}: ${seen}; ${advice}`);
  throw new E2eError(
    'PREREQUISITES_MISSING',
    `${missing.length === 1 ? 'one thing is' : `${missing.length} things are`} missing, nothing was touched:${lines.join('')}`,
  );
}

async function kubernetes(kubectl: Asking): Promise<Finding> {
  const answer = await kubectl.answer(['get', '--raw', '/version']);
  if (answer.code !== 0) {
    return {
      what: 'Kubernetes',
      seen: answer.error.trim() || 'no answer',
      advice: 'give --kubeconfig and --context of a cluster that answers',
    };
  }
  const { gitVersion, major, minor } = JSON.parse(answer.out) as Record<string, string>;
  const [wantedMajor, wantedMinor] = OLDEST_KUBERNETES;
  const number = (text: string | undefined) => Number.parseInt(text ?? '0', 10);
  const old =
    number(major) < wantedMajor || (number(major) === wantedMajor && number(minor) < wantedMinor);
  return {
    what: 'Kubernetes',
    seen: gitVersion ?? 'of unknown version',
    ...(old ? { advice: `version ${OLDEST_KUBERNETES.join('.')} or newer is needed` } : {}),
  };
}

async function kinds(kubectl: Asking): Promise<readonly Finding[]> {
  const missing = new Map<string, string[]>();
  for (const wanted of KINDS) {
    const found = await kubectl.find('customresourcedefinition', wanted.crd, null, crd);
    const served = found?.spec.versions.some(
      ({ name, served }) => name === wanted.version && served,
    );
    const list = missing.get(wanted.of) ?? [];
    missing.set(wanted.of, list);
    if (served !== true) list.push(`${wanted.crd}/${wanted.version}`);
  }
  return [...missing].map(([of, list]) => ({
    what: `kinds of ${of}`,
    seen: list.length === 0 ? 'all served' : `not served: ${list.join(', ')}`,
    ...(list.length === 0 ? {} : { advice: `install ${of}` }),
  }));
}

/** Told, not demanded: the controllers may run outside this cluster. */
async function versions(kubectl: Asking): Promise<readonly Finding[]> {
  const answer = await kubectl.answer(['get', 'deployments.apps', '-A', '--output=json']);
  const all =
    answer.code === 0
      ? z.object({ items: z.array(deployment) }).parse(JSON.parse(answer.out)).items
      : [];
  const images = all.flatMap(({ spec }) => spec.template.spec.containers.map(({ image }) => image));
  return [
    ['Kargo', /\/kargo[:@]/],
    ['Argo CD', /\/argocd[:@]/],
    ['Argo Rollouts', /\/argo-rollouts[:@]/],
  ].map(([of, pattern]) => ({
    what: `${String(of)} runs`,
    seen:
      images.find((image) => (pattern as RegExp).test(image)) ??
      'no Deployment of it here: it may run elsewhere',
  }));
}

async function rights(kubectl: Asking): Promise<readonly Finding[]> {
  const refused: string[] = [];
  for (const [verb, resource, namespace] of RIGHTS) {
    const place = namespace === null ? [] : [`--namespace=${namespace}`];
    const answer = await kubectl.answer(['auth', 'can-i', verb, resource, ...place]);
    if (answer.out.trim() !== 'yes') {
      refused.push(`${verb} ${resource}${namespace === null ? '' : ` in ${namespace}`}`);
    }
  }
  const who = refused.length === 0 ? 'all that are needed' : `missing: ${refused.join(', ')}`;
  return [
    {
      what: 'rights',
      seen: who,
      ...(refused.length === 0 ? {} : { advice: 'use a kubeconfig of somebody who may' }),
    },
  ];
}

/** What a run makes must not be there already, or it would take over, and later delete, an installation. */
async function strangers(kubectl: Asking): Promise<readonly Finding[]> {
  const places: readonly (readonly [kind: string, name: string, namespace: string | null])[] = [
    ...NAMESPACES.map((name) => ['namespace', name, null] as const),
    ...APPLICATIONS.map((name) => ['applications.argoproj.io', name, ARGOCD_NAMESPACE] as const),
    ...APP_PROJECTS.map((name) => ['appprojects.argoproj.io', name, ARGOCD_NAMESPACE] as const),
  ];
  const foreign: string[] = [];
  const ours: string[] = [];
  for (const [kind, name, namespace] of places) {
    const answer = await kubectl.answer([
      'get',
      kind,
      name,
      ...(namespace === null ? [] : [`--namespace=${namespace}`]),
      '--ignore-not-found',
      '--output=json',
    ]);
    if (answer.code !== 0 || answer.out.trim() === '') continue;
    const object = anyObject.parse(JSON.parse(answer.out));
    const list = object.metadata.annotations[MARK] === undefined ? foreign : ours;
    list.push(`${kind.split('.')[0]} ${name}`);
  }
  const what = 'the bundle on this cluster';
  if (foreign.length > 0) {
    return [
      {
        what,
        seen: `there already: ${foreign.join(', ')}`,
        advice:
          'a run would take it over and delete it afterwards; use another cluster, or remove what is left of an installation by hand',
      },
    ];
  }
  if (ours.length > 0) {
    return [
      {
        what,
        seen: `left by an earlier run: ${ours.join(', ')}`,
        advice: 'remove it with npm run e2e -- --clean-up and the same other options',
      },
    ];
  }
  return [{ what, seen: 'not there' }];
}

async function storage(kubectl: Asking): Promise<Finding> {
  const classes = await kubectl.list('storageclasses.storage.k8s.io', null, anyObject);
  const standard = classes.find(
    ({ metadata }) =>
      metadata.annotations['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (standard !== undefined) {
    return { what: 'storage', seen: `default StorageClass ${standard.metadata.name}` };
  }
  const volumes = await kubectl.list(
    'persistentvolumes',
    null,
    z.object({ status: z.object({ phase: z.string().default('') }).prefault({}) }),
  );
  const free = volumes.filter(({ status }) => status.phase === 'Available').length;
  const named = 'set spec.storageClassName with --set';
  return {
    what: 'storage',
    seen: `no default StorageClass; ${free} PersistentVolumes are available`,
    ...(free >= 2 ? {} : { advice: `two volumes are needed: ${named}, or make two available` }),
  };
}

async function repository(forge: Repositories): Promise<Finding> {
  const what = `git repository ${forge.pushUrl}`;
  try {
    const message = await mainOf(forge);
    if (message === null) return { what, seen: 'empty' };
    if (message.includes(`${TRAILER}: `)) return { what, seen: 'made by an earlier run' };
    return {
      what,
      seen: "its main is somebody's work",
      advice: 'a run pushes to main: give an empty repository',
    };
  } catch (error) {
    return {
      what,
      seen: messageOf(error),
      advice: 'give --git-url (and --git-push-url, if this machine reaches it otherwise)',
    };
  }
}

const REGISTRY_TIMEOUT_MS = 10_000;

async function registry(imageRepository: string): Promise<Finding> {
  const host = imageRepository.split('/')[0] ?? '';
  const what = `registry ${host}`;
  const reasons: string[] = [];
  for (const scheme of ['https', 'http']) {
    try {
      const answer = await fetch(`${scheme}://${host}/v2/`, {
        signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS),
      });
      // 401 is a registry that wants a name; the build command brings it.
      if (answer.status === 200 || answer.status === 401)
        return { what, seen: `answers over ${scheme}` };
      reasons.push(`${scheme}: status ${answer.status}`);
    } catch (error) {
      reasons.push(`${scheme}: ${messageOf(error)}`);
    }
  }
  return {
    what,
    seen: reasons.join('; '),
    advice: 'give --registry HOST/REPOSITORY of a registry that this machine and the cluster reach',
  };
}
