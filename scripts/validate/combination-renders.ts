import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import {
  COMBINATIONS_FILE,
  type Combination,
  combinations,
  writeCombination,
} from '../kustomize/combinations.ts';
import { KustomizeError } from '../kustomize/render.ts';
import type { Draft } from './finding.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import type { Renderer } from './renderer.ts';
import { filesBelow, type Render } from './rendering.ts';
import type { Location, SourceFile } from './source-file.ts';
import { FOLDERS } from './sources.ts';

/** The kustomization that Argo CD's own objects are rendered from. */
export const ARGOCD = 'argocd';

/** What a combination renders to, or why it does not. */
export type CombinationRender = Render | { readonly finding: Draft };

export interface CombinationRenders {
  readonly list: readonly Combination[];
  /** By `planKey`: each combination, and each set of what they require. */
  readonly rendered: ReadonlyMap<string, CombinationRender>;
}

/**
 * Renders every combination that gitops/combinations.yaml lists, and what they require of argocd/, in a copy of the
 * bundle. Null where no such file is, or none that can be read: that is a finding of the file.
 */
export async function renderCombinations(
  root: string,
  files: ReadonlyMap<string, SourceFile>,
  renderer: Renderer,
): Promise<CombinationRenders | null> {
  const read = combinations.safeParse(files.get(COMBINATIONS_FILE)?.documents[0]?.value);
  if (!read.success) return null;
  const list = read.data.combinations;
  const tree = await mkdtemp(join(renderer.home, 'combinations-'));
  copyFolders(root, tree);
  const kustomizations = [...files.keys()].filter((file) => KUSTOMIZATION_FILE.test(file));
  const plans = await plansOf(kustomizations, tree, list);
  const outcomes = [...plans].map(
    async ([key, plan]) => [key, await renderPlan(tree, plan, kustomizations, renderer)] as const,
  );
  return { list, rendered: new Map(await Promise.all(outcomes)) };
}

/** What a combination requires of argocd/, as a combination; null if nothing. */
export function requiredBy({ requires }: Combination): Combination | null {
  if (requires.length === 0) return null;
  const name = requires.map((path) => path.replaceAll(/[^a-z0-9]+/g, '-')).join('-');
  return { name, kustomization: ARGOCD, components: requires, requires: [] };
}

export function planKey({ kustomization, components }: Combination): string {
  return [kustomization, ...components].join('\n');
}

export function combinationDoesNotRender(at: Location, message: string): Draft {
  return {
    rule: 'kustomize/does-not-render',
    at,
    message,
    fix: `correct what ${COMBINATIONS_FILE} lists, or the component`,
  };
}

/** A kustomization of the bundle with components added to it. */
interface Plan {
  readonly combination: Combination;
  /** The kustomization file in whose place it stands. */
  readonly kustomization: string;
  /** Its folder in the copy, relative to it. */
  readonly folder: string;
}

async function plansOf(
  kustomizations: readonly string[],
  tree: string,
  list: readonly Combination[],
): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>();
  for (const wanted of list.flatMap((one) => [one, requiredBy(one)])) {
    if (wanted === null || plans.has(planKey(wanted))) continue;
    const kustomization = kustomizations.find((file) => dirname(file) === wanted.kustomization);
    // Said where the combination is judged.
    if (kustomization === undefined) continue;
    const folder = await writeCombination(tree, wanted);
    plans.set(planKey(wanted), { combination: wanted, kustomization, folder });
  }
  return plans;
}

async function renderPlan(
  tree: string,
  { combination, kustomization, folder }: Plan,
  kustomizations: readonly string[],
  renderer: Renderer,
): Promise<CombinationRender> {
  const original = (path: string): string =>
    path.startsWith(`${folder}/`) ? combination.kustomization + path.slice(folder.length) : path;
  try {
    const objects = await renderer.render(join(tree, folder));
    const copy = join(folder, kustomization.slice(combination.kustomization.length + 1));
    const below = filesBelow(tree, copy, kustomizations);
    const own = new Set([kustomization, ...[...below].map(original)]);
    return { kustomization, files: own, objects: renderer.values(objects) };
  } catch (error) {
    renderer.signal?.throwIfAborted();
    if (!(error instanceof KustomizeError)) throw error;
    const { place, message } = error;
    const path = place === null ? '' : relative(tree, place.file).replaceAll(sep, '/');
    // What the combination itself adds stands in its list alone.
    const file = path.startsWith(`${folder}/`) ? '' : path;
    const said = message.trim().replaceAll(`${tree}${sep}`, '');
    return {
      finding: combinationDoesNotRender(
        { file, line: place?.line ?? 1, column: 1 },
        `${combination.kustomization} with ${combination.components.join(', ')} does not render: ${said}`,
      ),
    };
  }
}

/** A hundred small files, which take the asynchronous form several times as long. */
function copyFolders(root: string, tree: string): void {
  for (const folder of FOLDERS) {
    mkdirSync(join(tree, folder), { recursive: true });
    // A bundle need not have all of them.
    if (existsSync(join(root, folder))) {
      cpSync(join(root, folder), join(tree, folder), { recursive: true, dereference: true });
    }
  }
}
