import { dirname, relative, resolve, sep } from 'node:path';
import { referencesOf } from '../kustomize/references.ts';
import { joinObjects, KustomizeError, type RenderedObject } from '../kustomize/render.ts';
import { fields, items, text } from './fields.ts';
import type { Draft } from './finding.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import type { RenderedValue, Renderer } from './renderer.ts';
import type { NotChecked } from './report.ts';
import type { SourceFile } from './source-file.ts';

/** What one kustomization renders to. */
export interface Render {
  /** The kustomization file, relative to the root. */
  readonly kustomization: string;
  /** Files that it is made of, itself among them, relative to the root. */
  readonly files: ReadonlySet<string>;
  /** `null` if it does not render. */
  readonly objects: readonly RenderedValue[] | null;
}

export interface Renders {
  readonly renders: readonly Render[];
  readonly findings: readonly Draft[];
  /** What is not rendered, because it would need the network. */
  readonly notChecked?: readonly NotChecked[];
  /** Files that some kustomization names, rendered or not. */
  readonly named: ReadonlySet<string>;
}

/**
 * Renders, twice, every kustomization that stands on its own: those that are no Component and that no other one names.
 * Throws the signal's reason when it is aborted.
 */
export async function renderAll(
  root: string,
  files: ReadonlyMap<string, SourceFile>,
  renderer: Renderer,
): Promise<Renders> {
  const kustomizations = [...files.keys()].filter((file) => KUSTOMIZATION_FILE.test(file));
  const reached = new Map(
    kustomizations.map((file) => [file, filesBelow(root, file, kustomizations)] as const),
  );
  const named = new Set([...reached.values()].flatMap((paths) => [...paths]));
  const standing = kustomizations.filter((file) => !isComponent(files.get(file)));
  const entries = standing.filter((file) => !named.has(file));
  const covered = new Set(entries.flatMap((file) => [...(reached.get(file) ?? [])]));
  // What names each other in a circle is named by all and rendered by none.
  entries.push(...standing.filter((file) => named.has(file) && !covered.has(file)));
  const findings: Draft[] = [];
  const renders: Render[] = [];
  const notChecked: NotChecked[] = [];
  const outcomes = entries.map(async (kustomization) => {
    const own = new Set([kustomization, ...(reached.get(kustomization) ?? [])]);
    const remote = [...own].find((file) => needsNetwork(files.get(file)));
    if (remote !== undefined) return { kustomization, own, remote };
    const outcome = await renderTwice(root, kustomization, renderer);
    return { kustomization, own, outcome };
  });
  for (const { kustomization, own, remote, outcome } of await Promise.all(outcomes)) {
    if (outcome === undefined) {
      notChecked.push({
        what: `the render of ${kustomization}`,
        why: `${remote} names a chart or something in another repository, and nothing is fetched`,
      });
      renders.push({ kustomization, files: own, objects: null });
      continue;
    }
    // Broken YAML is said where it is broken; that it does not render then goes without saying.
    const broken = [...own].some((file) =>
      files.get(file)?.findings.some(({ rule }) => RULES_THAT_STOP_RENDERING.has(rule)),
    );
    if ('finding' in outcome) {
      if (outcome.objects !== null || !broken) findings.push(outcome.finding);
    }
    renders.push({ kustomization, files: own, objects: outcome.objects });
  }
  return { renders, findings, notChecked, named: new Set([...named, ...kustomizations]) };
}

const RULES_THAT_STOP_RENDERING: ReadonlySet<string> = new Set([
  'yaml/syntax',
  'yaml/duplicate-key',
]);

type Outcome =
  | { readonly objects: readonly RenderedValue[] }
  | { readonly objects: readonly RenderedValue[] | null; readonly finding: Draft };

async function renderTwice(
  root: string,
  kustomization: string,
  renderer: Renderer,
): Promise<Outcome> {
  const folder = resolve(root, dirname(kustomization));
  try {
    const [first, second] = await Promise.all([renderer.render(folder), renderer.render(folder)]);
    const objects = renderer.values(first);
    const difference = differenceOf(first, second);
    if (difference === null) return { objects };
    return {
      objects,
      finding: {
        rule: 'kustomize/not-reproducible',
        at: { file: kustomization, line: 1, column: 1 },
        message: `two renders of ${dirname(kustomization)} differ: ${difference}`,
        fix: 'remove what depends on time, chance or the network (generators, plug-ins, remote resources)',
      },
    };
  } catch (error) {
    renderer.signal?.throwIfAborted();
    if (!(error instanceof KustomizeError)) throw error;
    const { place, message } = error;
    const file = place === null ? kustomization : shown(root, place.file);
    return {
      objects: null,
      finding: {
        rule: 'kustomize/does-not-render',
        at: { file, line: place?.line ?? 1, column: 1 },
        message: `${dirname(kustomization)} does not render: ${message.trim().replaceAll(`${root}${sep}`, '')}`,
        fix: `correct it and try: kubectl kustomize ${dirname(kustomization)}`,
      },
    };
  }
}

/** The first line that differs, of the first object that does. */
function differenceOf(
  first: readonly RenderedObject[],
  second: readonly RenderedObject[],
): string | null {
  if (joinObjects(first) === joinObjects(second)) return null;
  const index = first.findIndex(({ text: rendered }, at) => rendered !== second[at]?.text);
  const one = first[index];
  if (one === undefined) return `${first.length} objects, then ${second.length}`;
  const other = second[index]?.text.split('\n') ?? [];
  const lines = one.text.split('\n');
  const at = lines.findIndex((line, number) => line !== other[number]);
  return `${one.kind} ${one.name}: "${lines[at]?.trim() ?? ''}", then "${other[at]?.trim() ?? ''}"`;
}

/** Files that a kustomization is made of, without itself. */
export function filesBelow(
  root: string,
  kustomization: string,
  all: readonly string[],
): ReadonlySet<string> {
  const folders = new Map(all.map((file) => [resolve(root, dirname(file)), file]));
  const paths = referencesOf(resolve(root, dirname(kustomization))).map(
    ({ path }) => folders.get(path) ?? shown(root, path),
  );
  return new Set(paths.filter((path) => path !== kustomization));
}

/** Whether a kustomization names what is not on this disk. */
function needsNetwork(file: SourceFile | undefined): boolean {
  if (file === undefined || !KUSTOMIZATION_FILE.test(file.file)) return false;
  const { helmCharts, resources, bases, components } = fields(file.documents[0]?.value);
  if (items(helmCharts).length > 0) return true;
  return [resources, bases, components].flatMap(items).some((one) => REMOTE.test(text(one)));
}

/** An address, a host with a path, or a repository with a revision. */
const REMOTE =
  /^[a-z][a-z0-9+.-]*:\/\/|^[^/]+@[^/]+:|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+\/|\?(ref|version)=/;

function isComponent(file: SourceFile | undefined): boolean {
  return text(fields(file?.documents[0]?.value)['kind']) === 'Component';
}

function shown(root: string, path: string): string {
  return relative(root, path).replaceAll(sep, '/');
}
