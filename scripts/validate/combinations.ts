import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import {
  COMBINATIONS_FILE,
  type Combination,
  readCombinations,
  writeCombination,
} from '../kustomize/combinations.ts';
import type { KustomizeProgram } from '../kustomize/program.ts';
import { KustomizeError, renderOverlay } from '../kustomize/render.ts';
import type { Draft } from './finding.ts';
import { type Judgement, type JudgeOptions, judge } from './judge.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import { filesBelow, parsedValue, type Render, type Renders } from './rendering.ts';
import type { NotChecked } from './report.ts';
import type { Location, SourceFile } from './source-file.ts';
import { FOLDERS } from './sources.ts';

export interface Judged {
  readonly root: string;
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly renders: Renders;
  /** Of the bundle as it stands. */
  readonly judgement: Judgement;
  readonly program: KustomizeProgram;
}

export interface CombinedJudgement {
  /** What only combinations have, said once, with the combinations' names. */
  readonly drafts: readonly Draft[];
  readonly notChecked: readonly NotChecked[];
  readonly count: number;
}

export const NO_COMBINATIONS: CombinedJudgement = { drafts: [], notChecked: [], count: 0 };

/**
 * Renders every combination that gitops/combinations.yaml lists, in a copy, and judges each as the bundle would be with
 * it: its render in the place of its kustomization's, and what it requires added to argocd/. Nothing where no such file is.
 */
export async function judgeCombinations(
  judged: Judged,
  options: JudgeOptions & { readonly signal?: AbortSignal },
): Promise<CombinedJudgement> {
  const { root, files, judgement } = judged;
  const source = files.get(COMBINATIONS_FILE);
  if (options.house !== true || source === undefined) {
    return NO_COMBINATIONS;
  }
  // A fault of the bundle itself would be said again for every combination.
  if (!judgement.complete || judgement.drafts.some(({ at }) => at.file === COMBINATIONS_FILE)) {
    const why = 'the bundle without them cannot be judged as a whole yet';
    return { drafts: [], notChecked: [{ what: COMBINATIONS_FILE, why }], count: 0 };
  }
  const list = await readCombinations(root);
  const tree = await realpath(await mkdtemp(join(tmpdir(), 'orderbooks-combinations-')));
  try {
    await copyFolders(root, tree);
    const plans = await plansOf(judged, tree, list);
    const rendered = await renderPlans(judged, tree, plans, options.signal);
    const found = new Map<string, { readonly draft: Draft; readonly names: string[] }>();
    const known = new Set(judgement.drafts.map(keyOf));
    for (const [index, combination] of list.entries()) {
      const place = source.documents[0]?.at(['combinations', index, 'name']);
      const drafts = draftsOf(judged, combination, rendered, options);
      for (const draft of drafts) {
        const key = keyOf(draft);
        if (known.has(key) || isAskedOptionally(draft, files)) continue;
        const at = files.has(draft.at.file) ? draft.at : (place ?? draft.at);
        const entry = found.get(key) ?? { draft: { ...draft, at }, names: [] };
        entry.names.push(combination.name);
        found.set(key, entry);
      }
    }
    return {
      drafts: [...found.values()].map(({ draft, names }) => ({
        ...draft,
        message: `${draft.message} (in combination ${[...new Set(names)].join(', ')})`,
      })),
      notChecked: [],
      count: list.length,
    };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** A kustomization of the bundle with components added to it. */
interface Plan {
  readonly combination: Combination;
  /** The kustomization file in whose place it stands. */
  readonly kustomization: string;
  /** Its folder in the copy, relative to it. */
  readonly folder: string;
}

type Rendered = Render | { readonly finding: Draft };

const ARGOCD = 'argocd';

/** One plan for each combination, and one for each set of what they require; by `planKey`. */
async function plansOf(
  { files }: Judged,
  tree: string,
  list: readonly Combination[],
): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>();
  for (const wanted of list.flatMap((one) => [one, requiredBy(one)])) {
    if (wanted === null || plans.has(planKey(wanted))) continue;
    const kustomization = [...files.keys()].find(
      (file) => KUSTOMIZATION_FILE.test(file) && dirname(file) === wanted.kustomization,
    );
    // Said where the combination is judged.
    if (kustomization === undefined) continue;
    const folder = await writeCombination(tree, wanted);
    plans.set(planKey(wanted), { combination: wanted, kustomization, folder });
  }
  return plans;
}

function requiredBy({ requires }: Combination): Combination | null {
  if (requires.length === 0) return null;
  const name = requires.map((path) => path.replaceAll(/[^a-z0-9]+/g, '-')).join('-');
  return { name, kustomization: ARGOCD, components: requires, requires: [] };
}

function planKey({ kustomization, components }: Combination): string {
  return [kustomization, ...components].join('\n');
}

/** A render is a process of its own that uses one core for a moment. */
const AT_ONCE = 3;

async function renderPlans(
  { files, program }: Judged,
  tree: string,
  plans: ReadonlyMap<string, Plan>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Rendered>> {
  const rendered = new Map<string, Rendered>();
  const kustomizations = [...files.keys()].filter((file) => KUSTOMIZATION_FILE.test(file));
  const waiting = plans.entries();
  const work = async (): Promise<void> => {
    for (const [key, plan] of waiting) {
      rendered.set(key, await renderPlan(tree, plan, kustomizations, program, signal));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return rendered;
}

async function renderPlan(
  tree: string,
  { combination, kustomization, folder }: Plan,
  kustomizations: readonly string[],
  program: KustomizeProgram,
  signal: AbortSignal | undefined,
): Promise<Rendered> {
  const original = (path: string): string =>
    path.startsWith(`${folder}/`) ? combination.kustomization + path.slice(folder.length) : path;
  try {
    const objects = await renderOverlay(program, join(tree, folder), {
      home: tree,
      ...(signal === undefined ? {} : { signal }),
    });
    const copy = join(folder, kustomization.slice(combination.kustomization.length + 1));
    const below = filesBelow(tree, copy, kustomizations);
    const own = new Set([kustomization, ...[...below].map(original)]);
    return { kustomization, files: own, objects: objects.map(parsedValue) };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof KustomizeError)) throw error;
    const { place, message } = error;
    const path = place === null ? '' : relative(tree, place.file).replaceAll(sep, '/');
    // What the combination itself adds stands in its list alone.
    const file = path.startsWith(`${folder}/`) ? COMBINATIONS_FILE : path;
    const said = message.trim().replaceAll(`${tree}${sep}`, '');
    return {
      finding: doesNotRender(
        { file: file === COMBINATIONS_FILE ? '' : file, line: place?.line ?? 1, column: 1 },
        `${combination.kustomization} with ${combination.components.join(', ')} does not render: ${said}`,
      ),
    };
  }
}

function doesNotRender(at: Location, message: string): Draft {
  return {
    rule: 'kustomize/does-not-render',
    at,
    message,
    fix: `correct what ${COMBINATIONS_FILE} lists, or the component`,
  };
}

function draftsOf(
  { files, renders }: Judged,
  combination: Combination,
  rendered: ReadonlyMap<string, Rendered>,
  options: JudgeOptions,
): readonly Draft[] {
  const instead = new Map<string, Render>();
  for (const wanted of [combination, requiredBy(combination)]) {
    if (wanted === null) continue;
    const one = rendered.get(planKey(wanted));
    if (one === undefined) {
      const nowhere = { file: '', line: 1, column: 1 };
      return [doesNotRender(nowhere, `${wanted.kustomization} has no kustomization`)];
    }
    if ('finding' in one) return [one.finding];
    instead.set(one.kustomization, one);
  }
  const { drafts } = judge(
    files,
    {
      renders: renders.renders.map((render) => instead.get(render.kustomization) ?? render),
      findings: [],
      named: renders.named,
    },
    // Which workloads its components are for is said by the combinations that require them.
    { ...options, references: combination.kustomization !== ARGOCD },
  );
  return drafts;
}

/** A task that serves several forms of the line asks with `?.` for outputs that only some of them have. */
function isAskedOptionally({ rule, at }: Draft, files: ReadonlyMap<string, SourceFile>): boolean {
  if (rule !== 'kargo/unknown-output') return false;
  const line = files.get(at.file)?.text.split('\n')[at.line - 1] ?? '';
  return /^outputs(\[[^\]]+\]|\.\w+)\?\./.test(line.slice(at.column - 1));
}

function keyOf({ rule, at, message }: Draft): string {
  return [rule, at.file, at.line, at.column, message].join('\n');
}

async function copyFolders(root: string, tree: string): Promise<void> {
  for (const folder of FOLDERS) {
    await mkdir(join(tree, folder), { recursive: true });
    await cp(join(root, folder), join(tree, folder), { recursive: true, force: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // A bundle need not have all of them.
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
}
