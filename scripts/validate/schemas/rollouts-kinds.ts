import { ARGOPROJ_VERSION } from './argocd-status.ts';
import {
  flag,
  int32,
  intOrText,
  list,
  map,
  named,
  object,
  record,
  type Schema,
  text,
  textMap,
  time,
} from './parts.ts';
import { provider } from './rollouts-providers.ts';

const metric = named(
  'metric',
  record(
    {
      name: text.describe('Name of the metric.'),
      provider: provider.describe('Where the measurements come from.'),
    },
    {
      consecutiveErrorLimit: intOrText,
      consecutiveSuccessLimit: intOrText,
      count: intOrText.describe('How many measurements.'),
      failureCondition: text.describe('When a measurement has failed.'),
      failureLimit: intOrText.describe('How many failures are borne.'),
      inconclusiveLimit: intOrText,
      initialDelay: text,
      interval: text.describe('How long between two measurements.'),
      successCondition: text.describe('When a measurement has succeeded.'),
    },
  ),
);

const argument = record(
  { name: text },
  {
    value: text.describe('Default; without one the argument must be given.'),
    valueFrom: record(
      {},
      {
        fieldRef: record({ fieldPath: text }),
        secretKeyRef: record({ key: text, name: text }),
      },
    ),
  },
);

const common = {
  args: list(argument).describe('Arguments that the metrics see as {{args.name}}.'),
  dryRun: list(record({ metricName: text })).describe('Metrics that decide nothing.'),
  measurementRetention: list(record({ limit: int32, metricName: text })),
};

const templates = list(record({}, { clusterScope: flag, templateName: text }));
const templateSpec = record({}, { ...common, metrics: list(metric), templates });

const phase = text;
const summary = record(
  {},
  { count: int32, error: int32, failed: int32, inconclusive: int32, successful: int32 },
);
const measurement = record(
  { phase },
  {
    finishedAt: time,
    message: text,
    metadata: textMap,
    resumeAt: time,
    startedAt: time,
    value: text,
  },
);
const metricResult = record(
  { name: text, phase },
  {
    consecutiveError: int32,
    consecutiveSuccess: int32,
    count: int32,
    dryRun: flag,
    error: int32,
    failed: int32,
    inconclusive: int32,
    measurements: list(measurement),
    message: text,
    metadata: map(text),
    successful: int32,
  },
);

/** The analysis kinds of Argo Rollouts v1.9.1. */
export const rolloutsKinds: readonly Schema[] = [
  object(
    'AnalysisTemplate',
    ARGOPROJ_VERSION,
    'How something is verified, for one namespace.',
    { spec: templateSpec },
    {},
  ),
  object(
    'ClusterAnalysisTemplate',
    ARGOPROJ_VERSION,
    'How something is verified, for all namespaces.',
    { spec: templateSpec },
    {},
  ),
  object(
    'AnalysisRun',
    ARGOPROJ_VERSION,
    'One verification.',
    {
      spec: record(
        { metrics: list(metric) },
        {
          ...common,
          terminate: flag,
          ttlStrategy: record(
            {},
            {
              secondsAfterCompletion: int32,
              secondsAfterFailure: int32,
              secondsAfterSuccess: int32,
            },
          ),
        },
      ),
    },
    {
      status: record(
        { phase },
        {
          completedAt: time,
          dryRunSummary: summary,
          message: text,
          metricResults: list(metricResult),
          runSummary: summary,
          startedAt: time,
        },
      ),
    },
  ),
];
