import { z } from 'zod';
import { conditions, KARGO_VERSION, labelSelector, secretRef } from './kargo-parts.ts';
import {
  choice,
  dnsName,
  flag,
  form,
  int64,
  list,
  object,
  record,
  type Schema,
  someText,
  text,
  textMap,
  withKeywords,
} from './parts.ts';

const links = list(
  record(
    { title: someText.describe('What people read.'), url: someText.describe('Where it leads.') },
    { description: text, if: text.describe('Expression; shown if it is true.') },
  ),
);

const outcomes = (...values: readonly [string, ...string[]]): Schema =>
  list(choice(...values), 0, 2);

const promotionPolicy = withKeywords(
  record(
    {},
    {
      stage: form(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        'the name of a Stage',
      ).describe('Deprecated: use stageSelector.'),
      stageSelector: record(
        {},
        { name: text.describe('Exact name, glob: or regex:.'), ...labelSelector },
      ).describe('Stages that this is about; the first policy that fits counts.'),
      autoPromotionEnabled: flag.describe('Promote new Freight by itself.'),
      autoRollback: record(
        {},
        {
          onPromotion: outcomes('Failed', 'Errored'),
          onVerification: outcomes('Failed', 'Error'),
        },
      ).describe('Only the Enterprise edition looks at it.'),
    },
  ),
  {
    oneOf: [{ required: ['stage'] }, { required: ['stageSelector'] }],
    'x-expected': 'either stage or stageSelector',
  },
);

const receiver = record({ secretRef });
const genericReceiver = record(
  { secretRef },
  {
    actions: list(
      record(
        { action: choice('Refresh') },
        {
          parameters: textMap,
          targetSelectionCriteria: list(
            record(
              { kind: choice('Warehouse') },
              {
                name: text,
                labelSelector: record({}, labelSelector),
                indexSelector: record(
                  {},
                  {
                    matchIndices: list(
                      record({
                        key: choice('subscribedURLs', 'receiverPaths'),
                        operator: text,
                        value: text,
                      }),
                      1,
                    ),
                  },
                ),
              },
            ),
            1,
          ),
          whenExpression: text,
        },
      ),
      1,
    ),
  },
);

const webhookReceivers = list(
  record(
    { name: dnsName },
    {
      artifactory: record({ secretRef }, { virtualRepoName: text }),
      azure: receiver,
      bitbucket: receiver,
      dockerhub: receiver,
      generic: genericReceiver,
      gitea: receiver,
      github: receiver,
      gitlab: receiver,
      harbor: receiver,
      quay: receiver,
    },
  ),
);

const status = record(
  {},
  {
    conditions,
    lastHandledRefresh: text,
    observedGeneration: int64,
    webhookReceivers: list(record({}, { name: text, path: text, url: text })),
  },
);
const shared = {
  freightLinks: links.describe('Links that the UI shows beside Freight.'),
  stageLinks: links.describe('Links that the UI shows beside a Stage.'),
  webhookReceivers: webhookReceivers.describe('Who may tell Kargo that something is new.'),
};

export const projectConfig: Schema = object(
  'ProjectConfig',
  KARGO_VERSION,
  'Settings of a Project, with its name.',
  {},
  {
    spec: record(
      {},
      {
        promotionPolicies: list(promotionPolicy).describe('What is promoted by itself.'),
        ...shared,
      },
    ),
    status,
  },
);

export const clusterConfig: Schema = object(
  'ClusterConfig',
  KARGO_VERSION,
  'Settings of all of Kargo; its name is cluster.',
  {},
  {
    spec: record(
      {},
      {
        gitClient: record(
          {
            name: someText,
            email: z
              .string()
              .min(1)
              .meta({ format: 'mail-address', 'x-expected': 'a mail address' }),
          },
          { signingKeySecret: secretRef },
        ).describe('Who commits, unless a step says otherwise.'),
        ...shared,
      },
    ),
    status,
  },
);
