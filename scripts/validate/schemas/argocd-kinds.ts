import { z } from 'zod';
import { applicationSet } from './argocd-applicationset.ts';
import {
  applicationSpec,
  ignoreDifferences,
  operation,
  source,
  sourceHydrator,
} from './argocd-source.ts';
import { ARGOPROJ_VERSION, health, resources } from './argocd-status.ts';
import {
  choice,
  flag,
  int64,
  list,
  map,
  object,
  record,
  type Schema,
  text,
  textMap,
  texts,
  time,
} from './parts.ts';

const initiatedBy = record({}, { automated: flag, username: text });
const hydration = {
  drySHA: text,
  hydratedSHA: text,
  sourceHydrator,
};

const syncResult = record(
  { revision: text },
  {
    managedNamespaceMetadata: record({}, { annotations: textMap, labels: textMap }),
    resources: list(
      record(
        { group: text, kind: text, name: text, namespace: text, version: text },
        {
          hookPhase: text,
          hookType: text,
          images: texts,
          message: text,
          status: text,
          syncPhase: text,
        },
      ),
    ),
    revisions: texts,
    source,
    sources: list(source),
  },
);

const applicationStatus = record(
  {},
  {
    conditions: list(record({ message: text, type: text }, { lastTransitionTime: time })),
    controllerNamespace: text,
    health,
    history: list(
      record(
        { deployedAt: time, id: int64 },
        {
          deployStartedAt: time,
          initiatedBy,
          revision: text,
          revisions: texts,
          source,
          sources: list(source),
        },
      ),
    ),
    observedAt: time,
    operationState: record(
      { operation, phase: text, startedAt: time },
      { finishedAt: time, message: text, retryCount: int64, syncResult },
    ),
    reconciledAt: time,
    resourceHealthSource: text,
    resources,
    sourceHydrator: record(
      {},
      {
        currentOperation: record(
          { message: text, phase: choice('Hydrating', 'Failed', 'Hydrated') },
          { ...hydration, finishedAt: time, startedAt: time },
        ),
        lastComparedDryRevision: text,
        lastSuccessfulOperation: record({}, hydration),
      },
    ),
    sourceType: text,
    sourceTypes: texts,
    summary: record({}, { externalURLs: texts, images: texts, isAppOfApps: flag }),
    sync: record(
      { status: text },
      {
        comparedTo: record(
          { destination: record({}, { name: text, namespace: text, server: text }) },
          {
            ignoreDifferences,
            source,
            sources: list(source),
          },
        ),
        revision: text,
        revisions: texts,
      },
    ),
  },
);

const groupKind = record({ group: text, kind: text });
const groupKindName = record({ group: text, kind: text }, { name: text });
const token = record({ iat: int64 }, { exp: int64, id: text });

const syncWindow = record(
  {},
  {
    kind: text.describe('allow or deny; anything else counts for nothing.'),
    schedule: text.describe('When it opens, as cron.'),
    duration: text.describe('How long it stays open.'),
    timeZone: text.describe('IANA name of the zone that the schedule is in.'),
    applications: texts.describe('Patterns of names of Applications.'),
    namespaces: texts,
    clusters: texts,
    andOperator: flag.describe('All of the selectors must fit.'),
    manualSync: flag.describe('People may sync all the same.'),
    syncOverrun: flag.describe('What has begun may end.'),
    description: text,
  },
);

const appProjectSpec = record(
  {},
  {
    description: z.string().max(255),
    sourceRepos: texts.describe('Repositories that may be used.'),
    sourceNamespaces: texts,
    destinations: list(record({}, { name: text, namespace: text, server: text })).describe(
      'Where may be deployed to.',
    ),
    destinationServiceAccounts: list(
      record({ defaultServiceAccount: text, server: text }, { namespace: text }),
    ),
    clusterResourceBlacklist: list(groupKindName),
    clusterResourceWhitelist: list(groupKindName).describe('Cluster-wide kinds that are allowed.'),
    namespaceResourceBlacklist: list(groupKind),
    namespaceResourceWhitelist: list(groupKind).describe('Kinds that are allowed.'),
    orphanedResources: record(
      {},
      { ignore: list(record({}, { group: text, kind: text, name: text })), warn: flag },
    ),
    permitOnlyProjectScopedClusters: flag,
    roles: list(
      record(
        { name: text },
        { description: text, groups: texts, jwtTokens: list(token), policies: texts },
      ),
    ),
    signatureKeys: list(record({ keyID: text })),
    sourceIntegrity: record({
      git: record({
        policies: list(
          record({ gpg: record({ keys: texts, mode: text }), repos: list(record({ url: text })) }),
        ),
      }),
    }),
    syncWindows: list(syncWindow).describe('When may be synced.'),
  },
);

/** The kinds of Argo CD v3.5.1. */
export const argocdKinds: readonly Schema[] = [
  object(
    'Application',
    ARGOPROJ_VERSION,
    'What is deployed from where to where.',
    { spec: applicationSpec },
    { operation, status: applicationStatus },
  ),
  object(
    'AppProject',
    ARGOPROJ_VERSION,
    'What the Applications of a group may do.',
    { spec: appProjectSpec },
    { status: record({}, { jwtTokensByRole: map(record({}, { items: list(token) })) }) },
  ),
  applicationSet,
];
