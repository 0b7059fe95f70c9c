import { z } from 'zod';
import {
  choice,
  flag,
  int64,
  intOrText,
  kubernetes,
  list,
  map,
  record,
  type Schema,
  text,
  textMap,
  texts,
} from './parts.ts';

/** Where Argo Rollouts v1.9.1 takes measurements from. */
const authentication = record(
  {},
  {
    oauth2: record({}, { clientId: text, clientSecret: text, scopes: texts, tokenUrl: text }),
    sigv4: record({}, { profile: text, region: text, roleArn: text }),
  },
);
const headers = list(record({ key: text, value: text }));
const anyMap = z.looseObject({});

const kayentaScope = record({ region: text, scope: text, step: int64 }, { end: text, start: text });

export const provider: Schema = record(
  {},
  {
    job: record(
      { spec: kubernetes('V1JobSpec') },
      { metadata: record({}, { annotations: textMap, labels: textMap }) },
    ).describe('A Job; it succeeds or fails.'),
    web: record(
      { url: text },
      {
        authentication,
        body: text,
        headers,
        insecure: flag,
        jsonBody: anyMap,
        jsonPath: text,
        method: text,
        timeoutSeconds: int64,
      },
    ).describe('The answer of a web server.'),
    prometheus: record(
      {},
      {
        address: text,
        authentication,
        headers,
        insecure: flag,
        query: text,
        rangeQuery: record({}, { end: text, start: text, step: text }),
        timeout: int64,
      },
    ).describe('A query of Prometheus.'),
    cloudWatch: record(
      {
        metricDataQueries: list(
          record(
            {},
            {
              expression: text,
              id: text,
              label: text,
              metricStat: record(
                {},
                {
                  metric: record(
                    {},
                    {
                      dimensions: list(record({}, { name: text, value: text })),
                      metricName: text,
                      namespace: text,
                    },
                  ),
                  period: intOrText,
                  stat: text,
                  unit: text,
                },
              ),
              period: intOrText,
              returnData: flag,
            },
          ),
        ),
      },
      { interval: text },
    ),
    datadog: record(
      {},
      {
        aggregator: choice(
          'avg',
          'min',
          'max',
          'sum',
          'last',
          'percentile',
          'mean',
          'l2norm',
          'area',
        ),
        apiVersion: choice('v1', 'v2'),
        formula: text,
        interval: text,
        queries: map(text),
        query: text,
        secretRef: record({}, { name: text, namespaced: flag }),
      },
    ),
    graphite: record({}, { address: text, query: text }),
    influxdb: record({}, { profile: text, query: text }),
    kayenta: record(
      {
        address: text,
        application: text,
        canaryConfigName: text,
        configurationAccountName: text,
        metricsAccountName: text,
        scopes: list(
          record({ controlScope: kayentaScope, experimentScope: kayentaScope, name: text }),
        ),
        storageAccountName: text,
        threshold: record({ marginal: int64, pass: int64 }),
      },
      { lookback: flag },
    ),
    newRelic: record({ query: text }, { profile: text, timeout: int64 }),
    plugin: anyMap,
    skywalking: record({}, { address: text, interval: text, query: text }),
    wavefront: record({}, { address: text, query: text }),
  },
);
