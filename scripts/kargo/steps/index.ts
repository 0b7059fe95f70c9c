import type { StepRunner } from '../step.ts';
import { argocdUpdate } from './argocd-update.ts';
import { argocdWait } from './argocd-wait.ts';
import { composeOutput } from './compose-output.ts';
import { copy } from './copy.ts';
import { deleteStep } from './delete.ts';
import { fail } from './fail.ts';
import { jsonParse, yamlParse } from './file-parse.ts';
import { fileWrite } from './file-write.ts';
import { gitClear } from './git-clear.ts';
import { gitClone } from './git-clone.ts';
import { gitCommit } from './git-commit.ts';
import { gitOpenPr } from './git-open-pr.ts';
import { gitMergePr, gitWaitForPr } from './git-pull-request.ts';
import { gitPush } from './git-push.ts';
import { gitTag } from './git-tag.ts';
import { http } from './http.ts';
import { httpDownload } from './http-download.ts';
import { jsonUpdate } from './json-update.ts';
import { kustomizeBuild } from './kustomize-build.ts';
import { kustomizeSetImage } from './kustomize-set-image.ts';
import { setFreightAlias } from './set-freight-alias.ts';
import { setMetadata } from './set-metadata.ts';
import { simulatedRunners } from './simulated.ts';
import { yamlMerge } from './yaml-merge.ts';
import { yamlUpdate } from './yaml-update.ts';

/** Every step of Kargo's, by kind; those that need more than a machine offline has are simulated. */
export const stepRunners: ReadonlyMap<string, StepRunner> = new Map(
  [
    argocdUpdate,
    argocdWait,
    composeOutput,
    copy,
    deleteStep,
    fail,
    fileWrite,
    gitClear,
    gitClone,
    gitCommit,
    gitMergePr,
    gitOpenPr,
    gitPush,
    gitTag,
    gitWaitForPr,
    http,
    httpDownload,
    jsonParse,
    jsonUpdate,
    kustomizeBuild,
    kustomizeSetImage,
    setFreightAlias,
    setMetadata,
    yamlMerge,
    yamlParse,
    yamlUpdate,
    ...simulatedRunners,
  ].map((runner) => [runner.kind, runner]),
);

/** The kinds that Kargo v1.11 itself has (facts/kargo.md §3). */
export const KARGO_STEP_KINDS: ReadonlySet<string> = new Set([
  'argocd-update',
  'argocd-wait',
  'compose-output',
  'copy',
  'delete',
  'fail',
  'file-write',
  'git-clear',
  'git-clone',
  'git-commit',
  'git-merge-pr',
  'git-open-pr',
  'git-push',
  'git-tag',
  'git-wait-for-pr',
  'github-push',
  'helm-template',
  'helm-update-chart',
  'http',
  'http-download',
  'json-parse',
  'json-update',
  'kustomize-build',
  'kustomize-set-image',
  'oci-download',
  'oci-push',
  'set-freight-alias',
  'set-metadata',
  'toml-parse',
  'toml-update',
  'untar',
  'yaml-merge',
  'yaml-parse',
  'yaml-update',
]);
