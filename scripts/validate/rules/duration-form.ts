import { formatGoDuration, parseGoDuration } from '../../kargo/go-duration.ts';
import { valueAt } from '../fields.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { KARGO, writtenSteps } from '../written-steps.ts';

/**
 * Kargo's webhook reads a Stage or Warehouse and writes it anew, with durations in Go's own form (observed on Kargo's
 * controllers); PromotionTasks it leaves alone. Argo CD compares texts.
 */
export const checkDurationForms: Check = function* ({ bundle, house }) {
  if (!house) return;
  for (const object of bundle.objects) {
    if (object.group !== KARGO) continue;
    const paths: readonly Path[] =
      object.kind === 'Stage'
        ? writtenSteps(object).map(({ path }) => [...path, 'retry', 'timeout'])
        : object.kind === 'Warehouse'
          ? [['spec', 'interval']]
          : [];
    for (const path of paths) {
      const written = valueAt(object.value, path);
      if (typeof written !== 'string') continue;
      const duration = parseGoDuration(written);
      // What cannot be read is said by the schema.
      if (typeof duration === 'string') continue;
      const stored = formatGoDuration(duration);
      if (stored === written) continue;
      yield {
        rule: 'kargo/duration-form',
        at: object.at(path),
        message: `${object.kind} ${object.name}: Kargo stores ${written} as ${stored}, and Argo CD finds the object OutOfSync for ever`,
        fix: `write ${stored}`,
      };
    }
  }
};
