import { problemsOf, type Shape } from './shape.ts';

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

const text: Shape = { type: 'string' };
const someText: Shape = { type: 'string', minLength: 1 };
const flag: Shape = { type: 'boolean' };
const blank: Shape = { oneOfValues: [null, ''] };
const blankTextFirst: Shape = { oneOfValues: ['', null] };
const off: Shape = { oneOfValues: [false, null] };
const filled: Shape = { minLength: 1 };

function record(properties: Readonly<Record<string, Shape>>, required: readonly string[]): Shape {
  return { type: 'object', others: 'closed', properties, required };
}

function list(items: Shape, minItems?: number): Shape {
  return { type: 'array', items, ...(minItems === undefined ? {} : { minItems }) };
}

const author = record(
  { name: someText, email: { type: 'string', format: 'email' }, signingKey: text },
  ['name', 'email'],
);

/** At most one of the keys is set. */
function atMostOne(keys: readonly string[]): readonly Shape[] {
  const others = (set: string | null): Readonly<Record<string, Shape>> =>
    Object.fromEntries(keys.map((key) => [key, key === set ? filled : blank]));
  return [
    { properties: others(null) },
    ...keys.map((key): Shape => ({ required: [key], properties: others(key) })),
  ];
}

const checkout: Shape = {
  ...record(
    {
      path: someText,
      branch: text,
      commit: text,
      tag: text,
      create: flag,
      as: text,
      sparse: list(someText, 1),
    },
    ['path'],
  ),
  exactlyOne: atMostOne(['branch', 'commit', 'tag']),
};

const gitPush: Shape = {
  ...record(
    {
      path: someText,
      targetBranch: text,
      generateTargetBranch: flag,
      tag: text,
      force: flag,
      maxAttempts: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
      provider: {
        type: 'string',
        oneOfValues: ['azure', 'bitbucket', 'gitea', 'github', 'gitlab'],
      },
    },
    ['path'],
  ),
  exactlyOne: [
    {
      required: ['generateTargetBranch'],
      properties: {
        generateTargetBranch: { oneOfValues: [true] },
        targetBranch: blankTextFirst,
        tag: blankTextFirst,
      },
    },
    {
      required: ['targetBranch'],
      properties: { generateTargetBranch: off, targetBranch: filled, tag: blankTextFirst },
    },
    {
      required: ['tag'],
      properties: {
        generateTargetBranch: off,
        targetBranch: blankTextFirst,
        tag: filled,
        force: off,
      },
    },
    {
      properties: {
        generateTargetBranch: off,
        targetBranch: blankTextFirst,
        tag: blankTextFirst,
      },
    },
  ],
};

const imageUpdate: Shape = {
  ...record({ image: someText, name: text, newName: text, tag: text, digest: text }, ['image']),
  exactlyOne: [
    { required: ['tag'], properties: { digest: blankTextFirst, tag: filled } },
    { required: ['digest'], properties: { digest: filled, tag: blankTextFirst } },
  ],
};

const kustomizeBuild = record(
  {
    path: someText,
    outPath: someText,
    outputFormat: { type: 'string', oneOfValues: ['kargo', 'kustomize'] },
    plugin: record({ helm: record({ apiVersions: list(someText), kubeVersion: text }, []) }, []),
  },
  ['path', 'outPath'],
);

const labelSelector: Shape = {
  ...record(
    {
      matchLabels: { type: 'object', others: text },
      matchExpressions: list(
        record(
          {
            key: someText,
            operator: { type: 'string', oneOfValues: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
            values: list(text),
          },
          ['key', 'operator'],
        ),
      ),
    },
    [],
  ),
  atLeastOne: [
    { required: ['matchLabels'], properties: { matchLabels: { minProperties: 1 } } },
    { required: ['matchExpressions'], properties: { matchExpressions: { minItems: 1 } } },
  ],
};

const applicationImage: Shape = {
  ...record({ repoURL: someText, tag: text, digest: text, newName: someText }, ['repoURL']),
  exactlyOne: atMostOne(['digest', 'tag']),
};

const sourceUpdate: Shape = {
  ...record(
    {
      repoURL: someText,
      chart: someText,
      desiredRevision: someText,
      updateTargetRevision: flag,
      kustomize: record({ images: list(applicationImage, 1) }, []),
      helm: record({ images: list(record({ key: someText, value: text }, ['key', 'value']), 1) }, [
        'images',
      ]),
    },
    ['repoURL'],
  ),
  exactlyOne: [
    { properties: { desiredRevision: blankTextFirst, updateTargetRevision: off } },
    { required: ['desiredRevision'], properties: { desiredRevision: filled } },
  ],
};

const applicationUpdate: Shape = {
  ...record(
    {
      name: someText,
      namespace: someText,
      selector: labelSelector,
      sources: list(sourceUpdate, 1),
    },
    [],
  ),
  exactlyOne: [
    { required: ['name'], properties: { name: filled, selector: { oneOfValues: [null] } } },
    { required: ['selector'], properties: { name: blankTextFirst } },
  ],
};

const shapes: Readonly<Record<string, Shape>> = {
  'git-clone': record(
    {
      repoURL: someText,
      checkout: list(checkout, 1),
      author,
      blobless: flag,
      recurseSubmodules: flag,
      insecureSkipTLSVerify: flag,
    },
    ['repoURL', 'checkout'],
  ),
  'git-clear': record({ path: someText }, ['path']),
  'git-commit': record({ path: someText, message: someText, author }, ['path', 'message']),
  'git-push': gitPush,
  'kustomize-set-image': record({ path: someText, images: list(imageUpdate) }, ['path']),
  'kustomize-build': kustomizeBuild,
  'argocd-update': record({ apps: list(applicationUpdate, 1) }, ['apps']),
  'compose-output': { type: 'object', minProperties: 1 },
  fail: record({ message: someText }, []),
  'set-metadata': record(
    {
      updates: list(
        record(
          {
            kind: { type: 'string', oneOfValues: ['Stage', 'Freight'] },
            name: someText,
            values: { type: 'object', minProperties: 1 },
          },
          ['kind', 'name', 'values'],
        ),
        1,
      ),
    },
    ['updates'],
  ),
};
