import { shapes } from './config-shapes.ts';
import { problemsOf } from './shape.ts';

/**
 * Problems of an evaluated configuration of a step of `kind`, in Kargo's words (facts/kargo.md §3);
 * empty if Kargo would accept it. A kind without a shape here is a programming error and throws.
 */
export function validateConfig(kind: string, config: unknown): readonly string[] {
  const shape = shapes[kind];
  if (shape === undefined) throw new RangeError(`no shape of the configuration of step ${kind}`);
  return problemsOf(config, shape);
}

/** What Kargo's promotion says when a configuration has these problems. */
export function invalidConfigMessage(kind: string, problems: readonly string[]): string {
  return `invalid ${kind} config: ${problems.join('\n')}`;
}

export interface Author {
  readonly name: string;
  readonly email: string;
  readonly signingKey?: string;
}

export interface Checkout {
  readonly path: string;
  readonly branch?: string;
  readonly commit?: string;
  readonly tag?: string;
  readonly create?: boolean;
  readonly as?: string;
  readonly sparse?: readonly string[];
}

export interface GitCloneConfig {
  readonly repoURL: string;
  readonly checkout: readonly Checkout[];
  readonly author?: Author;
  readonly blobless?: boolean;
  readonly recurseSubmodules?: boolean;
  readonly insecureSkipTLSVerify?: boolean;
}

export interface GitClearConfig {
  readonly path: string;
}

export interface GitCommitConfig {
  readonly path: string;
  readonly message: string;
  readonly author?: Author;
}

export interface GitPushConfig {
  readonly path: string;
  readonly targetBranch?: string;
  readonly generateTargetBranch?: boolean;
  readonly tag?: string;
  readonly force?: boolean;
  readonly maxAttempts?: number;
  readonly provider?: string;
}

export interface ImageUpdate {
  readonly image: string;
  readonly name?: string;
  readonly newName?: string;
  readonly tag?: string;
  readonly digest?: string;
}

export interface KustomizeSetImageConfig {
  readonly path: string;
  readonly images?: readonly ImageUpdate[];
}

export interface KustomizeBuildConfig {
  readonly path: string;
  readonly outPath: string;
  readonly outputFormat?: 'kargo' | 'kustomize';
  readonly plugin?: {
    readonly helm?: { readonly apiVersions?: readonly string[]; readonly kubeVersion?: string };
  };
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface SourceUpdate {
  readonly repoURL: string;
  readonly chart?: string;
  readonly desiredRevision?: string;
  readonly updateTargetRevision?: boolean;
  readonly kustomize?: {
    readonly images?: readonly {
      readonly repoURL: string;
      readonly tag?: string;
      readonly digest?: string;
      readonly newName?: string;
    }[];
  };
  readonly helm?: { readonly images: readonly { readonly key: string; readonly value: string }[] };
}

export interface ApplicationUpdate {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly sources?: readonly SourceUpdate[];
}

export interface ArgocdUpdateConfig {
  readonly apps: readonly ApplicationUpdate[];
}

export interface FileWriteConfig {
  readonly path: string;
  readonly contents: string;
  readonly permissions?: string;
  readonly overwrite?: boolean;
}

export interface DeleteConfig {
  readonly path?: string;
  readonly paths?: readonly string[];
  readonly pathsAreGlobs?: boolean;
  readonly strict?: boolean;
}

export interface CopyConfig {
  readonly inPath: string;
  readonly outPath: string;
  readonly ignore?: string;
}

export interface KeyUpdateConfig {
  readonly path: string;
  readonly updates: readonly { readonly key: string; readonly value: unknown }[];
}

export interface OutputExpression {
  readonly name: string;
  readonly fromExpression: string;
}

export interface ParseConfig {
  readonly path: string;
  readonly outputs: readonly OutputExpression[];
}

export interface YamlMergeConfig {
  readonly inFiles: readonly string[];
  readonly outFile: string;
  readonly ignoreMissingFiles?: boolean;
}

export interface GitTagConfig {
  readonly path: string;
  readonly tag: string;
  readonly message: string;
  readonly force?: boolean;
}

export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

/** What both HTTP steps send. */
export interface HttpQuestion {
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly NameAndValue[];
  readonly queryParams?: readonly NameAndValue[];
  readonly body?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly proxy?: string;
  readonly timeout?: string;
}

export interface HttpConfig extends HttpQuestion {
  readonly pollInterval?: string;
  readonly responseContentType?: string;
  readonly outputs?: readonly OutputExpression[];
  readonly successExpression?: string;
  readonly failureExpression?: string;
  readonly errorExpression?: string;
}

export interface HttpDownloadConfig {
  readonly url: string;
  readonly outPath: string;
  readonly allowOverwrite?: boolean;
  readonly headers?: readonly NameAndValue[];
  readonly queryParams?: readonly NameAndValue[];
  readonly insecureSkipTLSVerify?: boolean;
  readonly timeout?: string;
}

export interface ApplicationWait {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly waitFor?: readonly ('health' | 'sync' | 'operation' | 'suspended' | 'degraded')[];
}

export interface ArgocdWaitConfig {
  readonly apps: readonly ApplicationWait[];
}

export interface PullRequestConfig {
  readonly repoURL: string;
  readonly prNumber: number;
  readonly pollInterval?: string;
}

export interface GitMergePrConfig extends PullRequestConfig {
  readonly wait?: boolean;
  readonly mergeMethod?: string;
}

export interface GitOpenPrConfig {
  readonly repoURL: string;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly title?: string;
  readonly description?: string;
  readonly labels?: readonly string[];
}

export interface SetFreightAliasConfig {
  readonly name: string;
  readonly alias: string;
}
