import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../runtime/thrown.ts';
import { ClusterError } from '../cluster/failure.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { findImage } from '../image/registry.ts';
import { findKustomize } from '../kustomize/program.ts';
import { renderOverlay } from '../kustomize/render.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';
import { readSettings } from '../settings/settings.ts';
import { namespaceExists, nodePlatforms } from './cluster-checks.ts';
import { bad, type Check, good, notThere } from './finding.ts';

export interface DeliveryOptions {
  readonly root: string;
  /** Full commit whose image is to be there. */
  readonly commit: string;
  readonly signal: AbortSignal;
}

const ARGOCD_NAMESPACE = 'argocd';
const OVERLAYS = [
  { folder: 'gitops/overlays/canary', namespace: CANARY_NAMESPACE },
  { folder: 'gitops/overlays/full', namespace: PRODUCTION_NAMESPACE },
] as const;
/** What Argo CD syncs is its business; these two folders say how it is to be done. */
const DELIVERY = [
  { folder: 'argocd', namespace: ARGOCD_NAMESPACE },
  { folder: 'kargo', namespace: PROJECT },
] as const;

const pinned = z.array(z.object({ name: z.string(), appVersion: z.string() }));
/** Images of the controllers, by the name that platform/components.yaml gives the tool. */
const IMAGES: Readonly<Record<string, RegExp>> = {
  'argo-cd': /\/argocd:v?([\w.-]+)/,
  kargo: /\/kargo:v?([\w.-]+)/,
};
const deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
    }),
  }),
});
const application = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ sync: z.object({ status: z.string() }).nullish() }).nullish(),
});

/** What brings the bundle to the cluster: the image, the server's opinion of the objects, versions and drift. */
export function deliveryChecks(kubectl: Kubectl, options: DeliveryOptions): readonly Check[] {
  return [
    { name: 'image', run: () => image(kubectl, options) },
    ...OVERLAYS.map(
      ({ folder, namespace }): Check => ({
        name: `server dry run of ${folder.split('/').at(-1)}`,
        async run() {
          if (!(await namespaceExists(kubectl, namespace))) {
            return notThere(`namespace ${namespace} is not there yet: the server cannot be asked`);
          }
          const changes = await dryRun(kubectl, options, folder);
          return good(`${changes.all} objects accepted`);
        },
      }),
    ),
    ...Object.keys(IMAGES).map(
      (name): Check => ({
        name: `version of ${name}`,
        run: () => version(kubectl, options.root, name),
      }),
    ),
    ...DELIVERY.map(
      ({ folder, namespace }): Check => ({
        name: `drift of ${folder}/`,
        async run() {
          if (!(await namespaceExists(kubectl, namespace))) {
            return notThere(`namespace ${namespace} is not there yet`);
          }
          const { changed, all } = await dryRun(kubectl, options, folder);
          if (changed.length === 0) return good(`${all} objects are as in this checkout`);
          return bad(
            `${changed.length} of ${all} differ: ${changed.slice(0, 3).join(', ')}`,
            `deliver this checkout, or see who changed the cluster: kubectl diff --server-side -k ${folder}`,
          );
        },
      }),
    ),
    { name: 'drift of workloads', run: () => applications(kubectl) },
  ];
}

async function image(kubectl: Kubectl, { root, commit, signal }: DeliveryOptions) {
  const { imageRepository } = await readSettings(root);
  const found = await findImage(imageRepository, commit, { signal });
  const name = `${imageRepository}:${commit.slice(0, 12)}`;
  if (found === null) {
    return bad(`${name} is not in the registry`, 'npm run image builds and pushes it');
  }
  const nodes = await nodePlatforms(kubectl);
  const lacking = nodes.filter((one) => !found.platforms.includes(one));
  if (lacking.length > 0) {
    return bad(
      `${name} is for ${found.platforms.join(', ') || 'no known platform'}, nodes need ${nodes.join(', ')}`,
      `build it for ${lacking.join(', ')} too: npm run image -- --platform ${nodes.join(',')}`,
    );
  }
  if (found.revision !== null && found.revision !== commit) {
    return bad(`${name} was built from ${found.revision}`, 'build it from the commit of its tag');
  }
  return good(`${name} is ${found.digest.slice(0, 19)}, for ${nodes.join(', ')}`);
}

async function dryRun(
  kubectl: Kubectl,
  { root, signal }: DeliveryOptions,
  folder: string,
): Promise<{ readonly all: number; readonly changed: readonly string[] }> {
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-predeploy-'));
  try {
    const render = await renderOverlay(await findKustomize(), join(root, folder), { home, signal });
    const objects = render.map(({ text }) => parse(text) as object);
    const server = new Kubectl({ ...kubectl.options, dryRun: true });
    // Forced, because who owns a field is not asked here; nothing is written.
    const applied = await server.apply(objects, { force: true });
    return {
      all: applied.length,
      changed: applied.flatMap(({ object, change }) => (change === 'unchanged' ? [] : [object])),
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function version(kubectl: Kubectl, root: string, name: string) {
  const wanted = (await pins(root)).find((one) => one.name === name)?.appVersion;
  const all = await kubectl.list('deployments.apps', null, deployment);
  const pattern = IMAGES[name];
  const seen = new Set(
    all
      .flatMap(({ spec }) => spec.template.spec.containers)
      .flatMap((container) => pattern?.exec(container.image)?.[1] ?? []),
  );
  if (wanted === undefined)
    return bad('no version is pinned', 'pin it in platform/components.yaml');
  if (seen.size === 0) return notThere(`no Deployment of it here; pinned is ${wanted}`);
  const plain = wanted.replace(/^v/, '');
  const text = [...seen].join(', ');
  if (seen.size === 1 && seen.has(plain)) return good(text);
  return bad(
    `${text} runs, pinned is ${plain}`,
    'npm run platform -- install brings the pinned one; with another the bundle was not tried',
  );
}

async function pins(root: string): Promise<z.infer<typeof pinned>> {
  const file = 'platform/components.yaml';
  try {
    return pinned.parse(parse(await readFile(join(root, file), 'utf8')));
  } catch (cause) {
    throw new ClusterError(
      'COMPONENTS_INVALID',
      `${file}: expected a list with name and appVersion: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function applications(kubectl: Kubectl) {
  const all = await kubectl.list('applications.argoproj.io', ARGOCD_NAMESPACE, application);
  const ours = all.filter(({ metadata }) => metadata.name.startsWith('orderbooks-'));
  if (ours.length === 0) return notThere('no Application of this bundle');
  const states = ours.map(({ metadata, status }) => ({
    name: metadata.name,
    sync: status?.sync?.status ?? 'Unknown',
  }));
  const text = states.map(({ name, sync }) => `${name} ${sync}`).join(', ');
  if (states.every(({ sync }) => sync === 'Synced')) return good(text);
  return bad(text, 'see what differs: argocd app diff, or the Application in its UI');
}
