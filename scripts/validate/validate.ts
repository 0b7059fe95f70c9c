import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeProgram, findKustomize, type KustomizeProgram } from '../kustomize/program.ts';
import { judgeCombinations, NO_COMBINATIONS } from './combinations.ts';
import { ValidationError } from './error.ts';
import { findingsOf, inOrder } from './finding.ts';
import { judge } from './judge.ts';
import { renderAll } from './rendering.ts';
import { type NotChecked, REPORT_VERSION, type Report } from './report.ts';
import { readSources, realFolder } from './sources.ts';
import { sortSuppressed, suppressionsIn } from './suppression.ts';

export interface ValidateOptions {
  /** Program to render with; otherwise the one that is found on this machine. */
  readonly program?: KustomizeProgram;
  readonly signal?: AbortSignal;
  /** Day to judge the calendar by, as 2026-11-21; by default the day it is in UTC. */
  readonly today?: string;
  /** Whether the combinations that the bundle lists are judged too, which takes a few seconds; by default they are not. */
  readonly combinations?: boolean;
}

/**
 * Checks the bundle in the folder `root`: its YAML, its renders, and what its objects say of each other.
 * A report without findings means that something was checked: no manifests at all is `VALIDATE_NOTHING`.
 *
 * @throws OrderbooksError VALIDATE_UNREADABLE, VALIDATE_NOTHING, KUSTOMIZE_MISSING, KUSTOMIZE_TOO_OLD
 */
export async function validateBundle(root: string, options: ValidateOptions = {}): Promise<Report> {
  const folder = await realFolder(root);
  const sources = await readSources(folder);
  const program = options.program ?? (await findKustomize());
  const renders = await renderAll(folder, sources.files, program, options.signal);
  const judging = {
    house: sources.house,
    exists: (path: string) => existsSync(join(folder, path)),
    ...(options.today === undefined ? {} : { today: options.today }),
  };
  const judgement = judge(sources.files, renders, judging);
  const { objects, steps, expressions, complete } = judgement;
  const combined =
    options.combinations === true
      ? await judgeCombinations(
          { root: folder, files: sources.files, renders, judgement, program },
          { ...judging, ...(options.signal === undefined ? {} : { signal: options.signal }) },
        )
      : NO_COMBINATIONS;
  const drafts = [...judgement.drafts, ...combined.drafts];
  const files = [...sources.files.values()];
  if (objects === 0 && drafts.length === 0) {
    throw new ValidationError(
      'VALIDATE_NOTHING',
      `expected Kubernetes manifests below ${folder}, found none in ${files.length + sources.notChecked.length} files; name the root of a repository that has some`,
    );
  }
  const textOf = (file: string): string | undefined => sources.files.get(file)?.text;
  const suppressions = files.flatMap(({ file, text }) => suppressionsIn(file, text));
  const sorted = sortSuppressed(findingsOf(drafts, textOf), suppressions, complete);
  return {
    version: REPORT_VERSION,
    root: folder,
    renderedWith: describeProgram(program),
    checked: {
      files: files.length,
      documents: files.reduce((sum, { documentCount }) => sum + documentCount, 0),
      objects,
      renders: renders.renders.length,
      combinations: combined.count,
      steps,
      expressions,
    },
    notChecked: distinct([
      // Data that a kustomization puts into a ConfigMap is checked as a part of that.
      ...sources.notChecked.filter(({ what }) => !renders.named.has(what)),
      ...judgement.notChecked,
      ...combined.notChecked,
    ]),
    findings: [...inOrder([...sorted.findings, ...findingsOf(sorted.drafts, textOf)])],
    suppressed: [...sorted.suppressed],
  };
}

function distinct(entries: readonly NotChecked[]): NotChecked[] {
  return [...new Map(entries.map((entry) => [`${entry.what}\n${entry.why}`, entry])).values()];
}
