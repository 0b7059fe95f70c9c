import {
  anything,
  atMostOne,
  choice,
  computed,
  constrained,
  flag,
  form,
  integer,
  list,
  record,
  someText,
  text,
} from './computed.ts';
import type { Schema } from './parts.ts';
import * as parts from './parts.ts';

const path = someText.describe("Path in the promotion's working folder.");
const inPath = someText.describe('What to read.');
const outPath = someText.describe('Where to write.');
const ignore = someText.describe('What to leave out, in the form of a .gitignore file.');

/** `yaml-parse` and its siblings read values out of a file. */
const parsing = record({
  path,
  outputs: list(
    record({
      name: someText.describe('Name of the output.'),
      fromExpression: someText.describe('Expression over the content of the file.'),
    }),
    1,
  ).describe('Values to take from the file.'),
});

/** `yaml-update` and its siblings write values into a file. */
const updating = record({
  path,
  updates: list(
    record({
      key: someText.describe('Dotted path to the value.'),
      value: parts.anything.describe('The new value.'),
    }),
    1,
  ).describe('Values to write.'),
});

const imageChoice = {
  allOf: [
    ...atMostOne(['digest', 'tag']),
    {
      anyOf: ['digest', 'tag'].map((key) => ({
        required: [key],
        properties: { [key]: { minLength: 1 } },
      })),
      'x-expected': 'a tag or a digest',
    },
  ],
};

export const fileSteps: Readonly<Record<string, Schema>> = {
  copy: record({ inPath, outPath }, { ignore }),
  delete: constrained(
    {
      oneOf: [{ required: ['path'] }, { required: ['paths'] }],
      'x-expected': 'either path or paths',
    },
    {},
    {
      path,
      paths: list(someText, 1).describe('Several paths.'),
      pathsAreGlobs: flag.describe('Take the paths as patterns.'),
      strict: flag.describe('Fail where there is nothing to delete.'),
    },
  ),
  'file-write': record(
    { path, contents: text.describe('What the file is to hold.') },
    {
      permissions: form(/^0[0-7]{3}$/, 'permissions in octal, such as 0644'),
      overwrite: flag.describe('Replace a file that is there.'),
    },
  ),
  untar: record(
    { inPath, outPath },
    { ignore, stripComponents: integer(0).describe('How many leading folders to drop.') },
  ),
  'yaml-merge': record(
    {
      inFiles: list(text, 1).describe('Files to merge, later ones win.'),
      outFile: someText.describe('Where to write the result.'),
    },
    { ignoreMissingFiles: flag.describe('Leave out files that do not exist.') },
  ),
  'json-parse': parsing,
  'json-update': updating,
  'toml-parse': parsing,
  'toml-update': updating,
  'yaml-parse': parsing,
  'yaml-update': updating,
  'kustomize-build': record(
    { path: path.describe('Folder with a kustomization.'), outPath },
    {
      outputFormat: choice('kargo', 'kustomize').describe('How to name the files of a folder.'),
      plugin: record(
        {},
        {
          helm: record(
            {},
            {
              apiVersions: list(someText).describe('API versions that charts may ask for.'),
              kubeVersion: text.describe('Kubernetes version that charts may ask for.'),
            },
          ),
        },
      ),
    },
  ),
  'kustomize-set-image': record(
    { path: path.describe('Folder with a kustomization.') },
    {
      images: list(
        constrained(
          imageChoice,
          { image: someText.describe('Repository of the image in the Freight.') },
          {
            name: text.describe('Name of the image in the manifests, where it is another.'),
            newName: text.describe('Name to write instead.'),
            tag: text.describe('Tag to set.'),
            digest: text.describe('Digest to set.'),
          },
        ),
      ).describe("Images to set; otherwise all of the Freight's."),
    },
  ),
  'helm-template': record(
    {
      path: path.describe('Folder of the chart.'),
      outPath,
      releaseName: someText.describe('Name of the release.'),
    },
    {
      apiVersions: list(someText).describe('API versions that the chart may ask for.'),
      buildDependencies: flag.describe('Fetch the charts it depends on first.'),
      disableHooks: flag.describe('Leave hooks out.'),
      ignoreMissingValueFiles: flag.describe('Leave out values files that do not exist.'),
      includeCRDs: flag.describe("Write the chart's custom resource definitions too."),
      kubeVersion: text.describe('Kubernetes version that the chart may ask for.'),
      namespace: text.describe('Namespace of the release.'),
      outLayout: choice('helm', 'flat').describe('Folders as in the chart, or one.'),
      setValues: list(
        record(
          { key: someText, value: text },
          { literal: flag.describe('Take the value as it is.') },
        ),
      ).describe('Single values.'),
      skipTests: flag.describe("Leave the chart's tests out."),
      useReleaseName: flag.describe('Name the folder of the output after the release.'),
      valuesFiles: list(someText).describe('Files with values, later ones win.'),
    },
  ),
  'helm-update-chart': record(
    { path: path.describe('Folder of the chart.') },
    {
      charts: list(
        record({
          repository: someText.describe('Repository as the chart names it.'),
          name: someText.describe('Name of the chart.'),
          version: someText.describe('Version to set.'),
        }),
        1,
      ).describe('Charts it depends on.'),
    },
  ),
  'compose-output': computed(
    parts.withKeywords(parts.map(anything), { minProperties: 1 }),
  ).describe('Outputs by name.'),
};
