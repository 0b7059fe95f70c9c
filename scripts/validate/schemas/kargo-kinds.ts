import {
  conditions,
  freightCollection,
  freightContents,
  freightReference,
  KARGO_VERSION,
  origin,
  plainStep,
  promotionStatus,
  stageStep,
  variables,
} from './kargo-parts.ts';
import { clusterConfig, projectConfig } from './kargo-settings.ts';
import {
  anything,
  choice,
  dnsName,
  flag,
  int64,
  list,
  map,
  object,
  record,
  type Schema,
  type Shape,
  soakTime,
  text,
  textMap,
  texts,
  time,
  withKeywords,
} from './parts.ts';
import { subscriptionList } from './subscriptions.ts';

function kargo(kind: string, description: string, required: Shape, optional: Shape): Schema {
  return object(kind, KARGO_VERSION, description, required, optional);
}

const requestedFreight = list(
  record({
    origin,
    sources: record(
      {},
      {
        direct: flag.describe('Take Freight as soon as the Warehouse has made it.'),
        stages: texts.describe('Take Freight that was verified in these Stages.'),
        requiredSoakTime: soakTime.describe('How long Freight must have been there.'),
        availabilityStrategy: choice('All', 'OneOf', '').describe(
          'Whether all of the Stages must have verified it.',
        ),
        autoPromotionOptions: record(
          {},
          { selectionPolicy: choice('NewestFreight', 'MatchUpstream') },
        ).describe('Which Freight is promoted by itself.'),
      },
    ).describe('Where the Freight may come from.'),
  }),
  1,
);

const verification = record(
  {},
  {
    analysisTemplates: list(
      record({ name: text }, { kind: choice('AnalysisTemplate', 'ClusterAnalysisTemplate') }),
    ).describe('Templates of the AnalysisRun.'),
    analysisRunMetadata: record({}, { labels: textMap, annotations: textMap }),
    args: list(record({ name: text, value: text })).describe(
      'Arguments; the template declares them.',
    ),
  },
);

const holds = map(
  record({ freightName: text, origin }, { actor: text, createdAt: time, promotionName: text }),
);
const promotionReference = record(
  { name: text },
  { freight: freightReference, status: promotionStatus, finishedAt: time },
);
const observedGeneration = int64;
const lastHandledRefresh = text;

const stageStatus = record(
  {},
  {
    autoPromotionEnabled: flag,
    autoPromotionHolds: holds,
    effectiveAutoPromotionHolds: holds,
    conditions,
    currentPromotion: promotionReference,
    lastPromotion: promotionReference,
    freightHistory: list(freightCollection),
    freightSummary: text,
    health: record({}, { status: text, issues: texts, config: anything, output: anything }),
    lastHandledRefresh,
    metadata: map(anything),
    observedGeneration,
  },
);

const discovered = {
  charts: list(record({ repoURL: text }, { name: text, semverConstraint: text, versions: texts })),
  discoveredAt: time,
  git: list(
    record(
      { repoURL: text },
      {
        commits: list(
          record(
            {},
            {
              id: text,
              branch: text,
              tag: text,
              subject: text,
              author: text,
              committer: text,
              creatorDate: time,
            },
          ),
        ),
        observedRefs: record(
          {},
          { branchHead: text, tags: list(record({ id: text, name: text })) },
        ),
      },
    ),
  ),
  images: list(
    record(
      { repoURL: text },
      {
        platform: text,
        references: list(
          record({ digest: text, tag: text }, { annotations: textMap, createdAt: time }),
        ),
      },
    ),
  ),
  results: list(
    record(
      { name: text },
      {
        artifactReferences: list(
          record(
            { subscriptionName: text, version: text },
            { artifactType: text, metadata: anything },
          ),
        ),
      },
    ),
  ),
};

const taskSpec = {
  spec: record({ steps: list(plainStep, 1) }, { vars: variables }),
};
const taskDescription = 'Steps under a name, for Stages to use.';

/** Every kind of Kargo v1.11.2. */
export const kargoKinds: readonly Schema[] = [
  kargo(
    'Project',
    'A namespace that Kargo looks after.',
    {},
    {
      status: record(
        {},
        {
          conditions,
          stats: record(
            {},
            {
              stages: record({}, { count: int64, health: record({}, { healthy: int64 }) }),
              warehouses: record({}, { count: int64, health: record({}, { healthy: int64 }) }),
            },
          ),
        },
      ),
    },
  ),
  projectConfig,
  clusterConfig,
  kargo(
    'Warehouse',
    'Watches repositories and makes Freight of what it finds.',
    {
      spec: record(
        { subscriptions: subscriptionList.describe('Repositories to watch.') },
        {
          interval: soakTime.describe('How often to look; 5m0s unless told.'),
          freightCreationPolicy: choice('Automatic', 'Manual'),
          freightCreationCriteria: record(
            {},
            { expression: text.describe('Expression; Freight is made only if it is true.') },
          ),
          shard: text.describe('Controller that is responsible.'),
        },
      ),
    },
    {
      status: record(
        {},
        {
          conditions,
          discoveredArtifacts: record({}, discovered),
          lastFreightID: text,
          lastHandledRefresh,
          observedGeneration,
        },
      ),
    },
  ),
  kargo(
    'Freight',
    'Versions of artefacts that travel together.',
    { origin },
    {
      alias: text.describe('Name for people.'),
      discoveredAt: time,
      ...freightContents,
      status: record(
        {},
        {
          approvedFor: map(record({}, { approvedAt: time })),
          currentlyIn: map(record({}, { since: time })),
          metadata: map(anything),
          verifiedIn: map(record({}, { verifiedAt: time, longestSoak: text })),
        },
      ),
    },
  ),
  kargo(
    'Stage',
    'A place that Freight is promoted to.',
    {
      spec: record(
        { requestedFreight: requestedFreight.describe('Which Freight may come here.') },
        {
          shard: text.describe('Controller that is responsible.'),
          vars: variables,
          promotionTemplate: record({
            spec: record({}, { vars: variables, steps: list(stageStep, 1) }),
          }).describe('What a promotion does; without it the Stage only passes Freight on.'),
          verification: verification.describe('How a promotion is verified.'),
        },
      ),
    },
    { status: stageStatus },
  ),
  kargo(
    'Promotion',
    'One promotion of one Freight to one Stage.',
    {
      spec: withKeywords(
        record(
          { stage: dnsName, steps: list(plainStep, 1) },
          { freight: dnsName, origin, vars: variables },
        ),
        {
          oneOf: [{ required: ['freight'] }, { required: ['origin'] }],
          'x-expected': 'either freight or origin',
        },
      ),
    },
    { status: promotionStatus },
  ),
  kargo('PromotionTask', taskDescription, taskSpec, {}),
  kargo('ClusterPromotionTask', taskDescription, taskSpec, {}),
];
