import type { Bundle, BundleObject } from './bundle.ts';
import { type Fields, fields, isFields, items, text, valueAt } from './fields.ts';
import type { Path } from './source-file.ts';

/** A pod as some object describes it. */
export interface PodTemplate {
  readonly object: BundleObject;
  /** Of its metadata and spec. */
  readonly path: Path;
  readonly labels: Fields;
  readonly spec: Fields;
  /** Whether it runs for ever, as opposed to a Job's. */
  readonly endless: boolean;
}

/** Every pod that objects of the bundle describe; those of AnalysisTemplates run in the namespace of the template. */
export function podTemplatesOf(bundle: Bundle): readonly PodTemplate[] {
  return bundle.objects.flatMap((object) =>
    placesIn(object).flatMap((path): readonly PodTemplate[] => {
      const template = valueAt(object.value, path);
      if (!isFields(template)) return [];
      return [
        {
          object,
          path,
          labels: fields(valueAt(template, ['metadata', 'labels'])),
          spec: fields(template['spec']),
          endless: ENDLESS.test(object.kind),
        },
      ];
    }),
  );
}

/** Containers with their places, those that run before among them. */
export function containersOf({ path, spec }: PodTemplate): readonly {
  readonly path: Path;
  readonly value: Fields;
  readonly before: boolean;
}[] {
  return (['initContainers', 'containers'] as const).flatMap((key) =>
    items(spec[key]).map((value, index) => ({
      path: [...path, 'spec', key, index],
      value: fields(value),
      before: key === 'initContainers',
    })),
  );
}

const ENDLESS = /^(Deployment|StatefulSet|DaemonSet|ReplicaSet)$/;

function placesIn({ group, kind, value }: BundleObject): readonly Path[] {
  if (group === 'apps' && ENDLESS.test(kind)) return [['spec', 'template']];
  if (group === 'batch' && kind === 'Job') return [['spec', 'template']];
  if (group === 'batch' && kind === 'CronJob') return [['spec', 'jobTemplate', 'spec', 'template']];
  if (group === '' && kind === 'Pod') return [[]];
  if (!/^(Cluster)?AnalysisTemplate$/.test(kind)) return [];
  return items(valueAt(value, ['spec', 'metrics'])).flatMap((metric, index) =>
    text(fields(metric)['name']) !== '' && valueAt(metric, ['provider', 'job']) !== undefined
      ? [['spec', 'metrics', index, 'provider', 'job', 'spec', 'template']]
      : [],
  );
}
