import type { BundleObject } from '../bundle.ts';
import { fields, items, shown, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';

/** Rollouts cuts a metric's name at this length to name its Job (facts/observed.md, 22). */
const LONGEST_METRIC_NAME = 24;

/** Metrics that run as Jobs. */
export const checkAnalysisJobs: Check = function* ({ bundle }) {
  for (const object of bundle.objects) {
    if (object.group !== 'argoproj.io' || !/^(Cluster)?AnalysisTemplate$/.test(object.kind)) {
      continue;
    }
    for (const [index, metric] of items(valueAt(object.value, ['spec', 'metrics'])).entries()) {
      const job = valueAt(metric, ['provider', 'job']);
      if (job === undefined) continue;
      const path: Path = ['spec', 'metrics', index];
      yield* metricName(object, path, text(fields(metric)['name']));
      yield* deadline(object, [...path, 'provider', 'job', 'spec'], text(fields(metric)['name']));
    }
  }
};

function* metricName(object: BundleObject, path: Path, name: string): Generator<Draft> {
  if (name.length <= LONGEST_METRIC_NAME) return;
  const cut = name.slice(0, LONGEST_METRIC_NAME);
  yield {
    rule: 'rollouts/metric-name-too-long',
    at: object.at([...path, 'name']),
    message: `the metric's name has ${name.length} characters; its Job's name keeps ${LONGEST_METRIC_NAME} of them (${cut})${
      /[a-z0-9]$/i.test(cut)
        ? ''
        : ', which is no valid name: the measurement is tried again for ever'
    }`,
    fix: `shorten it to at most ${LONGEST_METRIC_NAME} characters`,
  };
}

function* deadline(object: BundleObject, path: Path, metric: string): Generator<Draft> {
  // For the API server, null is as good as nothing.
  const spec = fields(valueAt(object.value, path));
  const { activeDeadlineSeconds: limit = null, backoffLimit: retries = null } = spec;
  if (limit === null) {
    yield {
      rule: 'rollouts/no-deadline',
      at: object.atKey(path),
      message: `the Job of metric ${metric} has no activeDeadlineSeconds: an image that cannot be pulled keeps verification running for ever`,
      fix: 'add activeDeadlineSeconds to the Job, longer than its longest honest run',
    };
  }
  if (retries === 0) return;
  const seen =
    retries === null ? 'no backoffLimit, which means 6' : `backoffLimit ${shown(retries)}`;
  yield {
    rule: 'rollouts/no-deadline',
    at: retries === null ? object.atKey(path) : object.at([...path, 'backoffLimit']),
    message: `the Job of metric ${metric} has ${seen}: a verdict against the release is asked for again until one passes`,
    fix: 'set backoffLimit: 0',
  };
}
