import { z } from 'zod';
import {
  flag,
  int64,
  intOrText,
  list,
  map,
  named,
  record,
  type Schema,
  text,
  textMap,
  texts,
} from './parts.ts';

/** Where an Application takes its manifests from (Argo CD v3.5.1). */
const nameAndValue = record({ name: text, value: text });
const codeVariables = list(record({ name: text, value: text }, { code: flag }));

const directory = named(
  'directorySource',
  record(
    {},
    {
      include: text.describe('Only files of this pattern.'),
      exclude: text.describe('No files of this pattern.'),
      recurse: flag.describe('Folders below it too.'),
      jsonnet: record({}, { extVars: codeVariables, libs: texts, tlas: codeVariables }),
    },
  ),
);

const helm = named(
  'helmSource',
  record(
    {},
    {
      apiVersions: texts,
      fileParameters: list(record({}, { name: text, path: text })),
      ignoreMissingValueFiles: flag,
      kubeVersion: text,
      namespace: text,
      parameters: list(record({}, { name: text, value: text, forceString: flag })),
      passCredentials: flag,
      releaseName: text,
      skipCrds: flag,
      skipSchemaValidation: flag,
      skipTests: flag,
      valueFiles: texts,
      values: text.describe('Values as a text of YAML.'),
      valuesObject: z.looseObject({}).describe('Values as they are.'),
      version: text,
    },
  ),
);

const kustomize = named(
  'kustomizeSource',
  record(
    {},
    {
      apiVersions: texts,
      commonAnnotations: textMap,
      commonAnnotationsEnvsubst: flag,
      commonLabels: textMap,
      components: texts,
      forceCommonAnnotations: flag,
      forceCommonLabels: flag,
      ignoreMissingComponents: flag,
      images: texts.describe('Images to set, name=new:tag.'),
      kubeVersion: text,
      labelIncludeTemplates: flag,
      labelWithoutSelector: flag,
      namePrefix: text,
      nameSuffix: text,
      namespace: text,
      patches: list(
        record(
          {},
          {
            options: map(flag),
            patch: text,
            path: text,
            target: record(
              {},
              {
                annotationSelector: text,
                group: text,
                kind: text,
                labelSelector: text,
                name: text,
                namespace: text,
                version: text,
              },
            ),
          },
        ),
      ),
      replicas: list(record({ name: text, count: intOrText })),
      version: text,
    },
  ),
);

const plugin = named(
  'pluginSource',
  record(
    {},
    {
      name: text,
      env: list(nameAndValue),
      parameters: list(record({}, { name: text, string: text, array: texts, map: textMap })),
    },
  ),
);

const tools = { directory, helm, kustomize, plugin };

export const source: Schema = named(
  'applicationSource',
  record(
    { repoURL: text.describe('Repository; Kargo compares it byte by byte.') },
    {
      path: text.describe('Folder in the repository.'),
      targetRevision: text.describe('Branch, tag or commit; or version of a chart.'),
      chart: text.describe('Chart, where the repository holds charts.'),
      name: text,
      ref: text.describe('Name under which other sources see this one.'),
      tagPrefix: text,
      ...tools,
    },
  ),
);

export const ignoreDifferences: Schema = list(
  record(
    { kind: text },
    {
      group: text,
      name: text,
      namespace: text,
      jqPathExpressions: texts,
      jsonPointers: texts,
      managedFieldsManagers: texts,
    },
  ),
);

export const sourceHydrator: Schema = named(
  'sourceHydrator',
  record(
    {
      drySource: record({ path: text, repoURL: text, targetRevision: text }, tools),
      syncSource: record(
        {
          path: z
            .string()
            .min(1)
            .regex(/^.{2,}|[^./]$/),
          targetBranch: text,
        },
        { repoURL: text },
      ),
    },
    { hydrateTo: record({ targetBranch: text }) },
  ),
);

export const syncRetry: Schema = named(
  'syncRetry',
  record(
    {},
    {
      backoff: record({}, { duration: text, factor: int64, maxDuration: text }),
      limit: int64,
      refresh: flag,
    },
  ),
);

export const applicationSpec: Schema = named(
  'applicationSpec',
  record(
    {
      destination: record({}, { name: text, namespace: text, server: text }).describe(
        'Cluster and namespace.',
      ),
      project: text.describe('AppProject that says what is allowed.'),
    },
    {
      source,
      sources: list(source),
      sourceHydrator,
      ignoreDifferences: ignoreDifferences.describe('Differences that do not count.'),
      info: list(nameAndValue),
      revisionHistoryLimit: int64,
      syncPolicy: record(
        {},
        {
          automated: record(
            {},
            { allowEmpty: flag, enabled: flag, prune: flag, selfHeal: flag },
          ).describe('Sync by itself.'),
          managedNamespaceMetadata: record({}, { annotations: textMap, labels: textMap }),
          retry: syncRetry,
          syncOptions: texts.describe('Options as Name=value.'),
        },
      ),
    },
  ),
);

export const operation: Schema = named(
  'operation',
  record(
    {},
    {
      info: list(nameAndValue),
      initiatedBy: record({}, { automated: flag, username: text }),
      retry: syncRetry,
      sync: record(
        {},
        {
          autoHealAttemptsCount: int64,
          dryRun: flag,
          manifests: texts,
          prune: flag,
          resources: list(record({ kind: text, name: text }, { group: text, namespace: text })),
          revision: text,
          revisions: texts,
          source,
          sources: list(source),
          syncOptions: texts,
          syncStrategy: record(
            {},
            { apply: record({}, { force: flag }), hook: record({}, { force: flag }) },
          ),
        },
      ),
    },
  ),
);
