import { resolve } from 'node:path';
import { describeProgram, findKustomize, type KustomizeProgram } from '../kustomize/program.ts';
import { type Bundle, bundleOf } from './bundle.ts';
import { ValidationError } from './error.ts';
import { type Draft, findingsOf } from './finding.ts';
import { renderAll } from './rendering.ts';
import { type NotChecked, REPORT_VERSION, type Report } from './report.ts';
import type { Check } from './rule.ts';
import { checkAnalysisJobs } from './rules/analysis-job.ts';
import { checkApplications } from './rules/application.ts';
import { checkExpressions } from './rules/expression.ts';
import { checkNoSteps } from './rules/no-steps.ts';
import { checkObjectFields } from './rules/object-fields.ts';
import { checkRenderedObjects, checkUnlisted } from './rules/render-objects.ts';
import { checkRepositoryUrls } from './rules/repository-url.ts';
import { checkStageReferences } from './rules/stage-references.ts';
import { checkStepConfigs } from './rules/step-config.ts';
import { checkStepKinds } from './rules/step-kind.ts';
import { checkTaskVariables } from './rules/task-variables.ts';
import { checkVerificationArguments } from './rules/verification-arguments.ts';
import { FOLDERS, readSources, type Sources } from './sources.ts';

export interface ValidateOptions {
  /** Program to render with; otherwise the one that is found on this machine. */
  readonly program?: KustomizeProgram;
  readonly signal?: AbortSignal;
}

/**
 * Checks the bundle in the folder `root`: its YAML, its renders, and what its objects say of each other.
 * A report without findings means that something was checked: no manifests at all is `VALIDATE_NOTHING`.
 *
 * @throws OrderbooksError VALIDATE_UNREADABLE, VALIDATE_NOTHING, KUSTOMIZE_MISSING, KUSTOMIZE_TOO_OLD
 */
export async function validateBundle(root: string, options: ValidateOptions = {}): Promise<Report> {
  const folder = resolve(root);
  const sources = await readSources(folder);
  const program = options.program ?? (await findKustomize());
  const renders = await renderAll(folder, sources.files, program, options.signal);
  const bundle = bundleOf(sources.files, renders);
  const files = [...sources.files.values()];

  const notChecked: NotChecked[] = [...sources.notChecked];
  const counts = { steps: 0, expressions: 0 };
  const drafts: Draft[] = [...files.flatMap(({ findings }) => findings), ...renders.findings];
  const run = (checks: readonly Check[]): void => {
    for (const check of checks) {
      drafts.push(
        ...check({
          bundle,
          skip: (entry) => notChecked.push(entry),
          count: (what) => {
            counts[what] += 1;
          },
        }),
      );
    }
  };
  run(OBJECT_CHECKS);
  const gap = gapIn(sources, bundle);
  if (gap === null) run(REFERENCE_CHECKS);
  else notChecked.push({ what: 'references between objects', why: gap });

  if (bundle.objects.length === 0 && drafts.length === 0) {
    throw new ValidationError(
      'VALIDATE_NOTHING',
      `expected Kubernetes manifests in ${FOLDERS.join(', ')} of ${folder}, found none in ${files.length} YAML files; name the root of a bundle`,
    );
  }
  return {
    version: REPORT_VERSION,
    root: folder,
    renderedWith: describeProgram(program),
    checked: {
      files: files.length,
      documents: files.reduce((sum, { documentCount }) => sum + documentCount, 0),
      objects: bundle.objects.length,
      renders: renders.renders.length,
      ...counts,
    },
    notChecked: distinct(notChecked),
    findings: [...findingsOf(drafts, (file) => sources.files.get(file)?.text)],
  };
}

/** What can be judged object by object. */
const OBJECT_CHECKS: readonly Check[] = [
  checkRenderedObjects,
  checkUnlisted,
  checkObjectFields,
  checkStepKinds,
  checkStepConfigs,
  checkExpressions,
  checkAnalysisJobs,
];

/** What needs every object: something that cannot be read would look as if it were missing. */
const REFERENCE_CHECKS: readonly Check[] = [
  checkNoSteps,
  checkStageReferences,
  checkTaskVariables,
  checkVerificationArguments,
  checkApplications,
  checkRepositoryUrls,
];

function gapIn(sources: Sources, bundle: Bundle): string | null {
  const broken = [...sources.files.values()].find(({ whole }) => !whole);
  if (broken !== undefined) return `${broken.file} cannot be read`;
  const failed = bundle.renders.find(({ objects }) => objects === null);
  return failed === undefined ? null : `${failed.kustomization} does not render`;
}

function distinct(entries: readonly NotChecked[]): NotChecked[] {
  return [...new Map(entries.map((entry) => [`${entry.what}\n${entry.why}`, entry])).values()];
}
