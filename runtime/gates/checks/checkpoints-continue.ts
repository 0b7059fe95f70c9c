import { defineCheck } from '../check.ts';
import { judged } from '../outcome.ts';

const CHECKPOINTS = 'orderbooks_recorder_checkpoints_total';

/** REST checkpoints go on being answered. */
export const checkpointsContinue = defineCheck({
  id: 'checkpoints-continue',
  proves: 'REST checkpoints succeed during the window, not only before it',
  needs: ['observation', 'before'],
  run({ policy }, { observation, before }) {
    const first = observation.samples[0];
    const last = before.metricsAfterwards;
    const percent = `${Math.round(policy.checkpointSuccess * 1000) / 10} %`;
    const expected = `≥ 1 checkpoint answered with a book since the window began, at least ${percent} of all`;
    if (first === undefined || typeof last === 'string') {
      return {
        status: 'fail',
        expected,
        observed: `${observation.samples.length} usable scrapes`,
        reason: `the checkpoints cannot be counted: ${typeof last === 'string' ? last : (observation.failures.at(-1) ?? 'nothing said why')}`,
      };
    }
    const grown = (result: string): number =>
      (last.metrics.value(CHECKPOINTS, { result }) ?? Number.NaN) -
      (first.metrics.value(CHECKPOINTS, { result }) ?? Number.NaN);
    const [good, failed] = [grown('ok'), grown('failed')];
    const problems: string[] = [];
    // Written so that a count that is none (NaN) is refused too.
    if (!(good > 0)) problems.push(`${good} checkpoints succeeded since the window began`);
    if (!(failed >= 0 && good / (good + failed) >= policy.checkpointSuccess)) {
      problems.push(`${failed} of ${good + failed} checkpoints failed`);
    }
    return judged(
      expected,
      `${good} checkpoints succeeded and ${failed} failed in ${((last.at.getTime() - first.at.getTime()) / 1000).toFixed(1)} s`,
      problems,
      'the recorder keeps getting full books to compare with',
    );
  },
});
