import { judgeMetric } from '../../comparison/judgement.ts';
import { defineCheck } from '../check.ts';
import { COMPARISON_FACTS, notCompared } from '../comparison.ts';
import { judged } from '../outcome.ts';

/** The canary reads its socket as promptly as production. */
export const comparisonLatency = defineCheck({
  id: 'comparison-latency',
  proves:
    'price changes reach the canary no later than production, by a rank test of their latencies with a tolerance',
  needs: COMPARISON_FACTS,
  run({ policy }, { comparison: { baseline } }) {
    const terms = { name: 'receipt latency', unit: 'ms', ...policy.comparison.metrics.latency };
    const expected = `no clear ${terms.direction} beyond ${terms.absolute} ms or ${terms.relative * 100} % of production’s median`;
    if (baseline === null) return notCompared(expected, policy);
    const { canary, production } = baseline;
    const found = judgeMetric(terms, canary.summary.latency_ms, production.summary.latency_ms);
    return judged(expected, found.text, found.refuses ? [found.text] : [], 'it is not slower');
  },
});
