import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import { at, fields, list, stringFields, text } from './fields.ts';
import { SECRET } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { ownerReference } from './pod-template.ts';
import type { ObjectStore } from './store.ts';

/** A metric that cannot be measured; the message is what the measurement shows. */
export class MetricError extends OrderbooksError {}

/** Metric names are cut to this length in the name of a Job (facts/observed.md 22). */
const NAME_LIMIT = 24;

/** Values of the run's arguments. Throws MetricError for one without a value. */
export function argumentsOf(
  store: ObjectStore,
  run: KubernetesObject,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const argument of list(at(run, 'spec', 'args'))) {
    const name = text(at(argument, 'name')) ?? '';
    const value = text(at(argument, 'value'));
    const ref = at(argument, 'valueFrom', 'secretKeyRef');
    const secret =
      ref === undefined
        ? undefined
        : store.get(SECRET, namespaceOf(run), text(at(ref, 'name')) ?? '');
    const encoded = text(at(secret, 'data', text(at(ref, 'key')) ?? ''));
    const found = value ?? (encoded && Buffer.from(encoded, 'base64').toString());
    if (found === undefined) {
      throw new MetricError('ANALYSIS_ARGUMENT', `args.${name} was not resolved`);
    }
    values.set(name, found);
  }
  return values;
}

/** Replaces `{{args.NAME}}` in every text of the metric. Throws MetricError for any other `{{…}}`. */
export function resolveMetric(metric: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof metric === 'string') {
    return metric.replaceAll(/\{\{([^{}]*)\}\}/g, (found, inner: string) => {
      const name = /^\s*args\.([\w-]+)\s*$/.exec(inner)?.[1];
      const value = name === undefined ? undefined : values.get(name);
      if (value !== undefined) return value;
      throw new MetricError('ANALYSIS_ARGUMENT', `failed to resolve ${found}`);
    });
  }
  if (Array.isArray(metric)) return metric.map((each) => resolveMetric(each, values));
  if (typeof metric !== 'object' || metric === null) return metric;
  return Object.fromEntries(
    Object.entries(metric).map(([key, value]) => [key, resolveMetric(value, values)]),
  );
}

/** The Job of one measurement. Throws MetricError for a metric that the local cluster cannot measure. */
export function metricJob(
  run: KubernetesObject,
  metric: unknown,
  measurement: number,
): KubernetesObject {
  const name = text(at(metric, 'name')) ?? '';
  const job = at(metric, 'provider', 'job');
  const count = at(metric, 'count') ?? 1;
  if (job === undefined || String(count) !== '1') {
    const seen =
      job === undefined ? Object.keys(fields(at(metric, 'provider'))).join() : `count ${count}`;
    throw new MetricError(
      'ANALYSIS_UNSUPPORTED',
      `metric ${name}: the local cluster of the rehearsal measures provider job once, seen: ${seen}`,
    );
  }
  const uid = String(run.metadata['uid']);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${uid}.${name.slice(0, NAME_LIMIT)}.${measurement}`,
      namespace: namespaceOf(run),
      labels: {
        ...stringFields(at(job, 'metadata', 'labels')),
        'analysisrun.argoproj.io/uid': uid,
      },
      annotations: {
        ...stringFields(at(job, 'metadata', 'annotations')),
        'analysisrun.argoproj.io/name': run.metadata.name,
        'analysisrun.argoproj.io/namespace': namespaceOf(run),
        'analysisrun.argoproj.io/metric-name': name,
      },
      ownerReferences: [ownerReference(run)],
    },
    spec: at(job, 'spec'),
  };
}
