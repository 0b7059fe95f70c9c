import { join } from 'node:path';
import { GitError } from '../git.ts';
import { makeFreight } from '../kargo/freight.ts';
import { type LoadedObject, parseObjects, projectOf } from '../kargo/load.ts';
import { NEW_FREIGHT_STATUS } from '../kargo/project.ts';
import type { Freight, KubernetesObject } from '../kargo/step.ts';
import { findKustomize } from '../kustomize/program.ts';
import { joinObjects, KustomizeError, renderOverlay } from '../kustomize/render.ts';
import { PreviewError } from './error.ts';
import { type StageCommit, stageCommits } from './history.ts';
import { readingPlace } from './scratch.ts';
import {
  ARGOCD,
  binaryNotes,
  configMapsAmong,
  type KnownFreight,
  PROJECT,
  type PreviewSource,
} from './source.ts';

/**
 * What a checkout alone tells: the objects of kargo/ and argocd/ as they are on disk, and the Freight whose promotions
 * the rendered branches remember.
 *
 * @param home folder without configuration, for kustomize
 * @throws PreviewError MANIFESTS_NOT_RENDERED, NOT_A_CHECKOUT
 */
export async function checkoutSource(root: string, home: string): Promise<PreviewSource> {
  const renders = Promise.all([rendered(root, 'kargo', home), rendered(root, 'argocd', home)]);
  // What is wrong with the checkout is told first, whichever ends first: outside of one nothing renders either.
  const [histories] = await Promise.all([promotionsIn(root), renders.catch(() => undefined)]);
  const [objects, applications] = await renders;
  return {
    kind: 'checkout',
    objects,
    applications: applications
      .map(({ value }) => value as unknown as KubernetesObject)
      .filter(({ kind, metadata }) => kind === 'Application' && metadata.namespace === ARGOCD),
    configMaps: configMapsAmong(objects),
    freight: rememberedFreight(objects, histories),
    assumptions: [
      'Kargo’s objects are those of this checkout, as they are on disk',
      'Kargo calls the Freight available to the Stage',
      'Freight and tickets used before are known from the rendered branches as they were fetched last',
      ...binaryNotes(objects),
    ],
  };
}

async function promotionsIn(root: string): Promise<readonly StageCommit[]> {
  try {
    return await stageCommits(readingPlace(root));
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    throw new PreviewError(
      'NOT_A_CHECKOUT',
      `expected a git checkout of this repository in ${root}: ${cause.message.trim()}`,
      { cause },
    );
  }
}

/** Every Freight that a rendered branch names, with the metadata that its promotions left on it in Kargo. */
function rememberedFreight(
  objects: readonly LoadedObject[],
  promotions: readonly StageCommit[],
): readonly KnownFreight[] {
  const known = new Map<string, KnownFreight>();
  const origin = [...projectOf(PROJECT, objects).warehouses.keys()][0] ?? '';
  const repoURL = repositoryOf(objects);
  for (const commit of promotions.toReversed()) {
    const { stage, freight: name, image, sourceCommit, promotion, at, breakGlass } = commit;
    if (name === null || image === null || sourceCommit === null) continue;
    const metadata = {
      ...known.get(name)?.metadata,
      [`ranIn-${stage}`]: { promotion: promotion ?? '', at },
      ...(breakGlass === null
        ? {}
        : { [`breakGlass-${stage}-${breakGlass.id}`]: { ...breakGlass, promotion, stage, at } }),
    };
    const record = {
      freight: { ...freightOf(origin, repoURL, image, sourceCommit), name },
      status: NEW_FREIGHT_STATUS,
      discoveredAt: Date.parse(at),
    };
    known.set(name, { record, metadata });
  }
  return [...known.values()];
}

/** A Freight as the bundle's Warehouse would make it: the image is tagged with the commit it was built from. */
export function freightOf(origin: string, repoURL: string, image: string, commit: string): Freight {
  const at = image.lastIndexOf('@');
  return makeFreight({
    origin,
    images: [{ repoURL: image.slice(0, at), tag: commit, digest: image.slice(at + 1) }],
    commits: [{ repoURL, id: commit, branch: 'main' }],
  });
}

/** The repository that the Warehouse watches. */
export function repositoryOf(objects: readonly LoadedObject[]): string {
  return subscribed(objects, 'git');
}

/** The image repository that the Warehouse watches. */
export function imageRepositoryOf(objects: readonly LoadedObject[]): string {
  return subscribed(objects, 'image');
}

function subscribed(objects: readonly LoadedObject[], what: 'git' | 'image'): string {
  for (const warehouse of projectOf(PROJECT, objects).warehouses.values()) {
    for (const subscription of warehouse.spec.subscriptions) {
      const found = subscription[what];
      if (found !== undefined) return found.repoURL;
    }
  }
  throw new PreviewError(
    'NO_SUBSCRIPTION',
    `expected a Warehouse of Project ${PROJECT} with a subscription of ${what}, found none`,
  );
}

const ADMISSION = 'admissionregistration.k8s.io/';

async function rendered(
  root: string,
  folder: string,
  home: string,
): Promise<readonly LoadedObject[]> {
  try {
    const program = await findKustomize();
    const all = await renderOverlay(program, join(root, folder), { home });
    // The calendar stands in an admission policy a second time, which no promotion step reads and which is slow to parse.
    const text = joinObjects(all.filter(({ apiVersion }) => !apiVersion.startsWith(ADMISSION)));
    return parseObjects({ file: `${folder} (rendered)`, text });
  } catch (cause) {
    if (!(cause instanceof KustomizeError)) throw cause;
    throw new PreviewError(
      'MANIFESTS_NOT_RENDERED',
      `${folder} does not render: ${cause.message.replaceAll(`${root}/`, '').trim()}`,
      { cause },
    );
  }
}
