import type { StepRunner } from '../step.ts';
import { argocdUpdate } from './argocd-update.ts';
import { composeOutput } from './compose-output.ts';
import { fail } from './fail.ts';
import { gitClear } from './git-clear.ts';
import { gitClone } from './git-clone.ts';
import { gitCommit } from './git-commit.ts';
import { gitPush } from './git-push.ts';
import { kustomizeBuild } from './kustomize-build.ts';
import { kustomizeSetImage } from './kustomize-set-image.ts';
import { setMetadata } from './set-metadata.ts';

/** Every step this engine carries out, by kind. */
export const stepRunners: ReadonlyMap<string, StepRunner> = new Map(
  [
    argocdUpdate,
    composeOutput,
    fail,
    gitClear,
    gitClone,
    gitCommit,
    gitPush,
    kustomizeBuild,
    kustomizeSetImage,
    setMetadata,
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
