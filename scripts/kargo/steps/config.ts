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
