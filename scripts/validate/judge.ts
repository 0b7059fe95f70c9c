import { type Bundle, bundleOf } from './bundle.ts';
import type { Draft } from './finding.ts';
import type { Renders } from './rendering.ts';
import type { NotChecked } from './report.ts';
import type { Check } from './rule.ts';
import { checkAnalysisJobs } from './rules/analysis-job.ts';
import { checkApplications } from './rules/application.ts';
import { checkArgoCdTraps } from './rules/argocd-traps.ts';
import { checkDataKeys } from './rules/data-keys.ts';
import { checkDurationForms } from './rules/duration-form.ts';
import { checkExpressions } from './rules/expression.ts';
import { checkExpressionNames } from './rules/expression-names.ts';
import { checkGateAgreement } from './rules/gate-agreement.ts';
import { checkGates } from './rules/gates.ts';
import { checkImages } from './rules/image.ts';
import { checkKargoTraps } from './rules/kargo-traps.ts';
import { checkNoSteps } from './rules/no-steps.ts';
import { checkObjectFields } from './rules/object-fields.ts';
import { checkObjectOwners } from './rules/object-owners.ts';
import { checkOutdated } from './rules/outdated.ts';
import { checkOwnData } from './rules/own-data.ts';
import { checkPermittedKinds } from './rules/permitted-kinds.ts';
import { checkPodSecurity } from './rules/pod-security.ts';
import { checkRenderedObjects, checkUnlisted } from './rules/render-objects.ts';
import { checkRepositoryPaths } from './rules/repository-paths.ts';
import { checkRepositoryUrls } from './rules/repository-url.ts';
import { checkSettings } from './rules/settings.ts';
import { checkStageReferences } from './rules/stage-references.ts';
import { checkStepConfigs } from './rules/step-config.ts';
import { checkStepKinds } from './rules/step-kind.ts';
import { checkStepLimits } from './rules/step-limits.ts';
import { checkSyncTraps } from './rules/sync-traps.ts';
import { checkTaskVariables } from './rules/task-variables.ts';
import { checkVerificationArguments } from './rules/verification-arguments.ts';
import { checkVerificationDurations } from './rules/verification-durations.ts';
import { checkVerifierRights } from './rules/verifier-rights.ts';
import { checkWorkloadReferences } from './rules/workload-references.ts';
import type { SourceFile } from './source-file.ts';

export interface Judgement {
  /** False if some rules could not be asked. */
  readonly complete: boolean;
  readonly drafts: readonly Draft[];
  readonly notChecked: readonly NotChecked[];
  readonly objects: number;
  readonly steps: number;
  readonly expressions: number;
}

export interface JudgeOptions {
  /** Whether the rules of this repository's house count too; by default they do not. */
  readonly house?: boolean;
  /** The day to judge by, in UTC; by default the day it is. */
  readonly today?: string;
  /** Whether a path relative to the root is in the repository; without it, such paths are not judged. */
  readonly exists?: (path: string) => boolean;
  /** The text of settings/settings.env, where there is one. */
  readonly settings?: string;
  /** Objects (by their value) that are not judged by themselves again; what objects say of each other always is. */
  readonly isJudged?: (value: object) => boolean;
}

/** Everything there is to say about files and what they rendered to. Touches no disk. */
export function judge(
  files: ReadonlyMap<string, SourceFile>,
  renders: Renders,
  {
    house = false,
    today = new Date().toISOString().slice(0, 10),
    isJudged,
    exists,
    settings,
  }: JudgeOptions = {},
): Judgement {
  const bundle = bundleOf(files, renders);
  const documents = [...files.values()].flatMap((file) => file.documents);
  const notChecked: NotChecked[] = [...(renders.notChecked ?? [])];
  const counts = { steps: 0, expressions: 0 };
  const drafts: Draft[] = [
    ...[...files.values()].flatMap(({ findings }) =>
      findings.filter(({ rule }) => house || rule !== 'yaml/several-documents'),
    ),
    ...renders.findings,
  ];
  const run = (checks: readonly Check[], looked: Bundle): void => {
    for (const check of checks) {
      drafts.push(
        ...check({
          bundle: looked,
          documents: looked === bundle ? documents : [],
          house,
          today,
          ...(exists === undefined ? {} : { exists }),
          ...(settings === undefined ? {} : { settings }),
          skip: (entry) => notChecked.push(entry),
          count: (what) => {
            counts[what] += 1;
          },
        }),
      );
    }
  };
  run(RENDER_CHECKS, bundle);
  const fresh =
    isJudged === undefined
      ? bundle
      : { ...bundle, objects: bundle.objects.filter(({ value }) => !isJudged(value)) };
  run(OBJECT_CHECKS, fresh);
  const gap = gapIn(files, bundle);
  if (gap === null) run(REFERENCE_CHECKS, bundle);
  else notChecked.push({ what: 'references between objects', why: gap });
  return { complete: gap === null, drafts, notChecked, objects: bundle.objects.length, ...counts };
}

/** What a render must be as a whole. */
const RENDER_CHECKS: readonly Check[] = [checkRenderedObjects, checkUnlisted];

/** What can be judged object by object. */
const OBJECT_CHECKS: readonly Check[] = [
  checkObjectFields,
  checkStepKinds,
  checkStepConfigs,
  checkExpressions,
  checkAnalysisJobs,
  checkStepLimits,
  checkOutdated,
  checkPodSecurity,
  checkOwnData,
  checkDurationForms,
];

/** What needs every object: something that cannot be read would look as if it were missing. */
const REFERENCE_CHECKS: readonly Check[] = [
  checkNoSteps,
  checkStageReferences,
  checkTaskVariables,
  checkVerificationArguments,
  checkApplications,
  checkRepositoryUrls,
  checkExpressionNames,
  checkGates,
  checkKargoTraps,
  checkArgoCdTraps,
  checkWorkloadReferences,
  checkObjectOwners,
  checkImages,
  checkDataKeys,
  checkGateAgreement,
  checkRepositoryPaths,
  checkPermittedKinds,
  checkSyncTraps,
  checkVerifierRights,
  checkVerificationDurations,
  checkSettings,
];

function gapIn(files: ReadonlyMap<string, SourceFile>, bundle: Bundle): string | null {
  const broken = [...files.values()].find(({ whole }) => !whole);
  if (broken !== undefined) return `${broken.file} cannot be read`;
  const failed = bundle.renders.find(({ objects }) => objects === null);
  return failed === undefined ? null : `${failed.kustomization} does not render`;
}
