import { judgeMetric, type MetricTerms } from '../../comparison/judgement.ts';
import { defineCheck } from '../check.ts';
import { notCompared } from '../comparison.ts';
import { judged } from '../outcome.ts';

/** Nodes whose clocks are kept by NTP differ by some tens of milliseconds; a slow recorder by seconds. */
const LATENCY: MetricTerms = {
  name: 'receipt latency',
  unit: 'ms',
  direction: 'increase',
  missing: 'fail',
  criticality: 'critical',
  relative: 0.25,
  absolute: 500,
};

/** The canary reads its socket as promptly as production. */
export const comparisonLatency = defineCheck({
  id: 'comparison-latency',
  proves:
    'price changes reach the canary no later than production, by a rank test of their latencies with a tolerance',
  needs: ['comparison'],
  run(_terms, { comparison: { baseline } }) {
    const expected = `no clear increase beyond ${LATENCY.absolute} ms or ${LATENCY.relative * 100} % of production’s median`;
    if (baseline === null) return notCompared(expected);
    const { canary, production } = baseline;
    const found = judgeMetric(LATENCY, canary.summary.latency_ms, production.summary.latency_ms);
    return judged(expected, found.text, found.refuses ? [found.text] : [], 'it is not slower');
  },
});
