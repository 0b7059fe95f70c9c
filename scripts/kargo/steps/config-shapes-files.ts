import type { Shape } from './shape.ts';
import {
  blankTextFirst,
  filled,
  flag,
  list,
  matching,
  record,
  someText,
  text,
} from './shape-parts.ts';

const imageUpdate: Shape = {
  ...record({ image: someText, name: text, newName: text, tag: text, digest: text }, ['image']),
  exactlyOne: [
    { required: ['tag'], properties: { digest: blankTextFirst, tag: filled } },
    { required: ['digest'], properties: { digest: filled, tag: blankTextFirst } },
  ],
};

/** `yaml-update` and its like: keys of a file and the values they get. */
const update = record(
  { path: someText, updates: list(record({ key: someText, value: {} }, ['key', 'value']), 1) },
  ['path', 'updates'],
);

/** `yaml-parse` and its like: outputs by expressions over a file's contents. */
const parse = record(
  {
    path: someText,
    outputs: list(
      record({ name: someText, fromExpression: someText }, ['name', 'fromExpression']),
      1,
    ),
  },
  ['path', 'outputs'],
);

const chart = record({ repository: someText, name: someText, version: someText }, [
  'repository',
  'name',
  'version',
]);

/** Shapes of the steps that work with files of the work folder. */
export const fileShapes: Readonly<Record<string, Shape>> = {
  copy: record({ inPath: someText, outPath: someText, ignore: someText }, ['inPath', 'outPath']),
  delete: {
    ...record({ path: someText, paths: list(someText, 1), pathsAreGlobs: flag, strict: flag }, []),
    exactlyOne: [{ required: ['path'] }, { required: ['paths'] }],
  },
  'file-write': record(
    { path: someText, contents: text, permissions: matching('^0[0-7]{3}$'), overwrite: flag },
    ['path', 'contents'],
  ),
  untar: record(
    {
      inPath: someText,
      outPath: someText,
      stripComponents: { type: 'integer', minimum: 0 },
      ignore: someText,
    },
    ['inPath', 'outPath'],
  ),
  'yaml-update': update,
  'json-update': update,
  'toml-update': update,
  'yaml-parse': parse,
  'json-parse': parse,
  'toml-parse': parse,
  'yaml-merge': record({ inFiles: list(text, 1), outFile: someText, ignoreMissingFiles: flag }, [
    'inFiles',
    'outFile',
  ]),
  'kustomize-set-image': record({ path: someText, images: list(imageUpdate) }, ['path']),
  'kustomize-build': record(
    {
      path: someText,
      outPath: someText,
      outputFormat: { type: 'string', oneOfValues: ['kargo', 'kustomize'] },
      plugin: record({ helm: record({ apiVersions: list(someText), kubeVersion: text }, []) }, []),
    },
    ['path', 'outPath'],
  ),
  'helm-template': record(
    {
      path: someText,
      outPath: someText,
      outLayout: { type: 'string', oneOfValues: ['helm', 'flat'] },
      releaseName: someText,
      useReleaseName: flag,
      namespace: text,
      valuesFiles: list(someText),
      ignoreMissingValueFiles: flag,
      setValues: list(record({ key: someText, value: text, literal: flag }, ['key', 'value'])),
      buildDependencies: flag,
      includeCRDs: flag,
      disableHooks: flag,
      skipTests: flag,
      kubeVersion: text,
      apiVersions: list(someText),
    },
    ['outPath', 'path', 'releaseName'],
  ),
  'helm-update-chart': record({ path: someText, charts: list(chart, 1) }, ['path']),
};
