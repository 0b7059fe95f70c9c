import type { Shape } from './shape.ts';

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

/** Shapes of the configurations, by kind of step. */
export const shapes: Readonly<Record<string, Shape>> = {
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
