import { pullRequests, repositories } from './argocd-forges.ts';
import { applicationSpec } from './argocd-source.ts';
import { ARGOPROJ_VERSION, health, resources } from './argocd-status.ts';
import {
  anything,
  choice,
  flag,
  int64,
  intOrText,
  kubernetes,
  list,
  map,
  named,
  object,
  record,
  type Schema,
  type Shape,
  text,
  textMap,
  texts,
  time,
} from './parts.ts';

const template = named(
  'applicationTemplate',
  record({
    metadata: record(
      {},
      { annotations: textMap, finalizers: texts, labels: textMap, name: text, namespace: text },
    ),
    spec: applicationSpec,
  }),
);
const selector = kubernetes('V1LabelSelector');
const requeueAfterSeconds = int64;
const paths = list(record({ path: text }, { exclude: flag }));

/** Generators that stand alone. */
const single: Shape = {
  clusterDecisionResource: record(
    { configMapRef: text },
    {
      labelSelector: selector,
      name: text,
      requeueAfterSeconds,
      template,
      values: textMap,
    },
  ),
  clusters: record({}, { flatList: flag, selector, template, values: textMap }).describe(
    'One Application for each cluster.',
  ),
  git: record(
    { repoURL: text, revision: text },
    {
      directories: paths,
      files: paths,
      pathParamPrefix: text,
      requeueAfterSeconds,
      template,
      values: textMap,
    },
  ).describe('One Application for each folder or file of a repository.'),
  list: record({}, { elements: list(anything), elementsYaml: text, template }).describe(
    'One Application for each element.',
  ),
  plugin: record(
    { configMapRef: record({ name: text }) },
    {
      input: record({}, { parameters: map(anything) }),
      requeueAfterSeconds,
      template,
      values: textMap,
    },
  ),
  pullRequest: record(
    {},
    { ...pullRequests, requeueAfterSeconds, template, values: textMap },
  ).describe('One Application for each pull request.'),
  scmProvider: record(
    {},
    { ...repositories, requeueAfterSeconds, template, values: textMap },
  ).describe('One Application for each repository.'),
  selector,
};

/** Inside a combination, another one is taken as it is. */
const inner = list(
  named('innerGenerator', record({}, { ...single, matrix: anything, merge: anything })),
);

const generator = record(
  {},
  {
    ...single,
    matrix: record({ generators: inner }, { template }).describe('All pairs of two generators.'),
    merge: record({ generators: inner, mergeKeys: texts }, { template }).describe(
      'Generators that complete each other.',
    ),
  },
);

export const applicationSet: Schema = object(
  'ApplicationSet',
  ARGOPROJ_VERSION,
  'Makes Applications of a template.',
  {
    spec: record(
      { generators: list(generator).describe('Where the values come from.'), template },
      {
        applyNestedSelectors: flag,
        goTemplate: flag.describe('Templates are those of Go.'),
        goTemplateOptions: texts,
        ignoreApplicationDifferences: list(
          record({}, { jqPathExpressions: texts, jsonPointers: texts, name: text }),
        ),
        preservedFields: record({}, { annotations: texts, labels: texts }),
        strategy: record(
          {},
          {
            deletionOrder: text,
            type: text,
            rollingSync: record(
              {},
              {
                steps: list(
                  record(
                    {},
                    {
                      matchExpressions: list(
                        record({}, { key: text, operator: text, values: texts }),
                      ),
                      maxUpdate: intOrText,
                    },
                  ),
                ),
              },
            ),
          },
        ),
        syncPolicy: record(
          {},
          {
            applicationsSync: choice('create-only', 'create-update', 'create-delete', 'sync'),
            preserveResourcesOnDeletion: flag,
          },
        ),
        templatePatch: text,
      },
    ),
  },
  {
    status: record(
      {},
      {
        applicationStatus: list(
          record(
            { application: text, message: text, status: text, step: text, targetRevisions: texts },
            { lastTransitionTime: time },
          ),
        ),
        conditions: list(
          record(
            { message: text, reason: text, status: text, type: text },
            { lastTransitionTime: time },
          ),
        ),
        health,
        resources,
        resourcesCount: int64,
      },
    ),
  },
);
