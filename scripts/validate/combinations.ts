import { COMBINATIONS_FILE, type Combination } from '../kustomize/combinations.ts';
import {
  ARGOCD,
  type CombinationRenders,
  combinationDoesNotRender,
  planKey,
  requiredBy,
} from './combination-renders.ts';
import type { Draft } from './finding.ts';
import { type Judgement, type JudgeOptions, judge } from './judge.ts';
import type { Render, Renders } from './rendering.ts';
import type { NotChecked } from './report.ts';
import type { SourceFile } from './source-file.ts';

export interface Judged {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly renders: Renders;
  /** Of the bundle as it stands. */
  readonly judgement: Judgement;
}

export interface CombinedJudgement {
  /** What only combinations have, said once, with the combinations' names. */
  readonly drafts: readonly Draft[];
  readonly notChecked: readonly NotChecked[];
  readonly count: number;
}

export const NO_COMBINATIONS: CombinedJudgement = { drafts: [], notChecked: [], count: 0 };

/**
 * Judges each combination as the bundle would be with it: its render in the place of its kustomization's, and what it
 * requires added to argocd/.
 *
 * @param combined null if the list of combinations cannot be read
 */
export function judgeCombinations(
  judged: Judged,
  combined: CombinationRenders | null,
  options: JudgeOptions,
): CombinedJudgement {
  const { files, renders, judgement } = judged;
  // A fault of the bundle itself would be said again for every combination.
  if (
    combined === null ||
    !judgement.complete ||
    judgement.drafts.some(({ at }) => at.file === COMBINATIONS_FILE)
  ) {
    const why = 'the bundle without them cannot be judged as a whole yet';
    return { drafts: [], notChecked: [{ what: COMBINATIONS_FILE, why }], count: 0 };
  }
  const source = files.get(COMBINATIONS_FILE);
  const found = new Map<string, { readonly draft: Draft; readonly names: string[] }>();
  const known = new Set(judgement.drafts.map(keyOf));
  const values = new Set<object>(
    renders.renders.flatMap(({ objects }) => (objects ?? []).map(({ value }) => value)),
  );
  const isJudged = (value: object): boolean => values.has(value);
  for (const [index, combination] of combined.list.entries()) {
    const place = source?.documents[0]?.at(['combinations', index, 'name']);
    for (const draft of draftsOf(judged, combination, combined, { ...options, isJudged })) {
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
    count: combined.list.length,
  };
}

function draftsOf(
  { files, renders }: Judged,
  combination: Combination,
  combined: CombinationRenders,
  options: JudgeOptions,
): readonly Draft[] {
  const instead = new Map<string, Render>();
  for (const wanted of togetherWith(combination, combined.list)) {
    const one = combined.rendered.get(planKey(wanted));
    if (one === undefined) {
      const nowhere = { file: '', line: 1, column: 1 };
      return [combinationDoesNotRender(nowhere, `${wanted.kustomization} has no kustomization`)];
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
    options,
  );
  return drafts;
}

/**
 * What a combination is judged with: what it requires of argocd/; or, if it is of argocd/ itself, of each other
 * kustomization the combination that requires most of it.
 */
function togetherWith(
  combination: Combination,
  list: readonly Combination[],
): readonly Combination[] {
  if (combination.kustomization !== ARGOCD) {
    const required = requiredBy(combination);
    return required === null ? [combination] : [combination, required];
  }
  const fullest = new Map<string, Combination>();
  for (const other of list) {
    const before = fullest.get(other.kustomization)?.requires.length ?? 0;
    const isServed = other.requires.every((path) => combination.components.includes(path));
    if (isServed && other.requires.length > before) fullest.set(other.kustomization, other);
  }
  return [combination, ...fullest.values()];
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
