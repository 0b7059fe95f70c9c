import { z } from 'zod';
import {
  anything,
  choice,
  dnsName,
  flag,
  form,
  int32,
  int64,
  kubernetes,
  list,
  map,
  named,
  record,
  type Schema,
  someText,
  text,
  textMap,
  time,
  withKeywords,
} from './parts.ts';

/** Parts that several of Kargo's kinds share (Kargo v1.11.2). */
export const KARGO_VERSION = 'kargo.akuity.io/v1alpha1';

const variableName = form(
  /^[a-zA-Z_]\w*$/,
  'a name of letters, digits and _, not starting with a digit',
);

export const variables: Schema = list(
  named(
    'variable',
    record(
      { name: variableName },
      { value: text.describe('Its value; expressions are evaluated.') },
    ),
  ),
).describe('Variables that expressions see as vars.<name>.');

const retry = record(
  {},
  {
    timeout: text.describe('How long the step may take in all, such as 10m.'),
    errorThreshold: int32.describe('How many errors in a row end it.'),
  },
);

const task = record(
  { name: dnsName },
  { kind: choice('PromotionTask', 'ClusterPromotionTask').describe('PromotionTask unless told.') },
);

const stepFields = {
  uses: someText.describe('Kind of the step.'),
  task: task.describe('PromotionTask whose steps stand here.'),
  as: text.describe('Alias; outputs are found under it.'),
  if: text.describe('Expression; the step runs if it is true.'),
  continueOnError: flag.describe('Go on although this step failed.'),
  retry: retry.describe('How often and how long to try.'),
  vars: variables,
  config: anything.describe('What the step is told; its shape depends on its kind.'),
};

/** A step of a Stage: of a kind, or a task. */
export const stageStep: Schema = named(
  'stageStep',
  withKeywords(record({}, stepFields), {
    allOf: [
      {
        oneOf: [{ required: ['uses'] }, { required: ['task'] }],
        'x-expected': 'either uses or task',
      },
      {
        not: { required: ['task', 'continueOnError'] },
        'x-expected': 'no continueOnError beside task',
      },
      { not: { required: ['task', 'retry'] }, 'x-expected': 'no retry beside task' },
    ],
  }),
);

/** A step of a task or Promotion: tasks cannot stand in each other. */
export const plainStep: Schema = named(
  'plainStep',
  withKeywords(record({}, stepFields), {
    allOf: [
      { required: ['uses'] },
      { not: { required: ['task'] }, 'x-expected': 'no task inside a task' },
    ],
  }),
);

export const origin: Schema = named(
  'origin',
  record({ kind: choice('Warehouse'), name: text }).describe('Where Freight comes from.'),
);

const artifact = record(
  { subscriptionName: someText, version: someText },
  { artifactType: someText, metadata: anything },
);
export const freightContents = {
  commits: list(
    record(
      {},
      {
        repoURL: text,
        id: text,
        branch: text,
        tag: text,
        message: text,
        author: text,
        committer: text,
      },
    ),
  ).describe('Commits of git repositories.'),
  images: list(
    record({}, { repoURL: text, tag: text, digest: text, annotations: textMap }),
  ).describe('Container images.'),
  charts: list(record({}, { repoURL: text, name: text, version: text })).describe('Helm charts.'),
  artifacts: list(artifact).describe('Anything else.'),
};

export const freightReference: Schema = named(
  'freightReference',
  record({}, { name: text, origin, ...freightContents }),
);

export const freightCollection: Schema = named(
  'freightCollection',
  record(
    { id: text },
    {
      items: map(freightReference),
      verificationHistory: list(
        record(
          {},
          {
            id: text,
            actor: text,
            startTime: time,
            finishTime: time,
            phase: text,
            message: text,
            analysisRun: record({ namespace: text, name: text, phase: text }),
          },
        ),
      ),
    },
  ),
);

export const promotionStatus: Schema = named(
  'promotionStatus',
  record(
    {},
    {
      phase: text,
      message: text,
      startedAt: time,
      finishedAt: time,
      currentStep: int64,
      lastHandledRefresh: text,
      freight: freightReference,
      freightCollection,
      healthChecks: list(record({ uses: someText }, { config: anything })),
      state: anything,
      stepExecutionMetadata: list(
        record(
          {},
          {
            alias: text,
            continueOnError: flag,
            errorCount: int32,
            startedAt: time,
            finishedAt: time,
            status: text,
            message: text,
          },
        ),
      ),
    },
  ),
);

export const conditions: Schema = list(
  named(
    'condition',
    record(
      {
        lastTransitionTime: time,
        message: z.string().max(32_768),
        reason: form(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/, 'one word in CamelCase', 1024),
        status: choice('True', 'False', 'Unknown'),
        type: form(
          /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
          'the name of a condition',
          316,
        ),
      },
      { observedGeneration: z.int().min(0) },
    ),
  ),
);

export const secretRef: Schema = record({}, { name: text }).describe('Name of a Secret.');
export const labelSelector = {
  matchLabels: textMap.describe('Labels that must be there.'),
  matchExpressions: kubernetes('V1LabelSelector/properties/matchExpressions'),
};
