import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import type { AnalysisRun } from './analysis-run.ts';
import type { AnalysisArgument, AnalysisMetric } from './objects.ts';
import type { KubernetesObject, World } from './step.ts';

/** A Job's name may have this many characters; the metric's name gives way (facts/argo-cd-and-rollouts.md §4.3). */
const NAME_LIMIT = 63;

const jobProvider = z.looseObject({
  job: z.looseObject({
    metadata: z
      .looseObject({
        labels: z.record(z.string(), z.string()).optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    spec: z.looseObject({}),
  }),
});

/**
 * The Job that Argo Rollouts makes for one measurement of a metric (facts/argo-cd-and-rollouts.md §4.3): in the
 * AnalysisRun's namespace, `{{args.x}}` replaced everywhere, the spec as the template has it.
 *
 * @param uid identity of the AnalysisRun object
 * @param count number of the measurement, from 1
 * @throws OrderbooksError `ANALYSIS_METRIC_UNSUPPORTED` for a metric that is no Job, `ANALYSIS_ARGUMENT_UNRESOLVED`
 */
export function analysisJob(
  run: AnalysisRun,
  metric: AnalysisMetric,
  world: World,
  uid: string,
  count = 1,
): KubernetesObject {
  const provider = jobProvider.safeParse(metric.provider);
  if (!provider.success) {
    throw new OrderbooksError(
      'ANALYSIS_METRIC_UNSUPPORTED',
      `metric ${JSON.stringify(metric.name)} must be measured by a job, got ${Object.keys(metric.provider).join(', ') || 'no provider'}; only Jobs can run here`,
    );
  }
  const values = new Map(
    run.args.map((argument) => [`args.${argument.name}`, argumentValue(argument, run, world)]),
  );
  const { metadata, spec } = jobProvider.parse(substituted(provider.data, values)).job;
  const suffix = `.${count}`;
  const prefix = `${uid}.`;
  const room = NAME_LIMIT - prefix.length - suffix.length;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${prefix}${metric.name.slice(0, Math.max(0, room))}${suffix}`,
      namespace: run.namespace,
      labels: { ...metadata?.labels, 'analysisrun.argoproj.io/uid': uid },
      annotations: {
        ...metadata?.annotations,
        'analysisrun.argoproj.io/name': run.name,
        'analysisrun.argoproj.io/namespace': run.namespace,
        'analysisrun.argoproj.io/metric-name': metric.name,
      },
    },
    spec,
  };
}

/** Texts and keys anywhere in `value` with `{{args.x}}` replaced; any other `{{…}}` is an error, as in Rollouts. */
function substituted(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return substitutedText(value, values);
  if (Array.isArray(value)) return value.map((entry) => substituted(entry, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      substitutedText(key, values),
      substituted(entry, values),
    ]),
  );
}

function substitutedText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{\{(.*?)\}\}/gsu, (_match, tag: string) => {
    const value = values.get(tag.trim());
    if (value !== undefined) return value;
    throw new OrderbooksError(
      'ANALYSIS_ARGUMENT_UNRESOLVED',
      `failed to resolve {{${tag}}}: the AnalysisTemplate must declare that argument; known are ${[...values.keys()].join(', ') || 'none'}`,
    );
  });
}

const secretReference = z.looseObject({
  secretKeyRef: z.looseObject({ name: z.string(), key: z.string() }),
});

function argumentValue(argument: AnalysisArgument, run: AnalysisRun, world: World): string {
  if (argument.value !== undefined) return argument.value;
  const reference = secretReference.safeParse(argument.valueFrom);
  const value = reference.success
    ? world.secret(run.namespace, reference.data.secretKeyRef.name)[reference.data.secretKeyRef.key]
    : undefined;
  if (value !== undefined) return value;
  throw new OrderbooksError(
    'ANALYSIS_ARGUMENT_UNRESOLVED',
    `argument ${JSON.stringify(argument.name)} was not supplied: expected a value or a secretKeyRef that exists in namespace ${run.namespace}`,
  );
}
