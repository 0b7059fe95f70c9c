import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COMBINATIONS_FILE } from '../kustomize/combinations.ts';
import { describeProgram, findKustomize, type KustomizeProgram } from '../kustomize/program.ts';
import { SETTINGS_FILE } from '../settings/settings.ts';
import { renderCombinations } from './combination-renders.ts';
import { judgeCombinations, NO_COMBINATIONS } from './combinations.ts';
import { ValidationError } from './error.ts';
import { findingsOf, inOrder } from './finding.ts';
import { judge } from './judge.ts';
import { type RenderingSpent, renderer } from './renderer.ts';
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
  /** Told what rendering took, once all is rendered. */
  readonly onRendered?: (spent: RenderingSpent) => void;
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
  const combine = options.combinations === true && sources.house;
  const whole = [...sources.files.values()].every((file) => file.whole);
  const judging = {
    house: sources.house,
    exists: (path: string) => existsSync(join(folder, path)),
    ...(options.today === undefined ? {} : { today: options.today }),
    ...(sources.settings === undefined ? {} : { settings: sources.settings }),
  };
  const rendering = await renderer(program, options.signal);
  const { renders, judgement, combined } = await renderAndJudge().finally(() =>
    rendering[Symbol.asyncDispose](),
  );
  const { objects, steps, expressions, complete } = judgement;
  const more =
    combine && sources.files.has(COMBINATIONS_FILE)
      ? judgeCombinations({ files: sources.files, renders, judgement }, combined, judging)
      : NO_COMBINATIONS;
  const drafts = [...judgement.drafts, ...more.drafts];
  const files = [...sources.files.values()];
  if (objects === 0 && drafts.length === 0) {
    throw new ValidationError(
      'VALIDATE_NOTHING',
      `expected Kubernetes manifests below ${folder}, found none in ${files.length + sources.notChecked.length} files; name the root of a repository that has some`,
    );
  }
  const textOf = (file: string): string | undefined =>
    file === SETTINGS_FILE ? sources.settings : sources.files.get(file)?.text;
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
      combinations: more.count,
      steps,
      expressions,
    },
    notChecked: distinct([
      // Data that a kustomization puts into a ConfigMap is checked as a part of that.
      ...sources.notChecked.filter(({ what }) => !renders.named.has(what)),
      ...judgement.notChecked,
      ...more.notChecked,
    ]),
    findings: [...inOrder([...sorted.findings, ...findingsOf(sorted.drafts, textOf)])],
    suppressed: [...sorted.suppressed],
  };

  /** The bundle is judged while its combinations are rendered. */
  async function renderAndJudge() {
    const [judged, combinations] = await Promise.all([
      renderAll(folder, sources.files, rendering).then((made) => ({
        renders: made,
        judgement: judge(sources.files, made, judging),
      })),
      // Of what cannot be read, no combination can be written.
      combine && whole ? renderCombinations(folder, sources.files, rendering) : null,
    ]);
    options.onRendered?.(rendering.spent());
    return { ...judged, combined: combinations };
  }
}

function distinct(entries: readonly NotChecked[]): NotChecked[] {
  return [...new Map(entries.map((entry) => [`${entry.what}\n${entry.why}`, entry])).values()];
}
