import { judgeMetric, type MetricTerms } from '../../comparison/judgement.ts';
import { defineCheck } from '../check.ts';
import { COMPARISON_FACTS, notCompared } from '../comparison.ts';
import type { Sample } from '../facts.ts';
import { judged } from '../outcome.ts';
import type { Policy } from '../policy.ts';

type Named = Exclude<keyof Policy['comparison']['metrics'], 'latency'>;

interface Metric extends Pick<MetricTerms, 'name' | 'unit'> {
  readonly terms: Named;
  /** One value per scrape, or per pair of scrapes. */
  readonly values: (samples: readonly Sample[]) => readonly number[];
}

/** Production records at least as many markets, so a canary that needs more than it is worse. */
const METRICS: readonly Metric[] = [
  {
    terms: 'memory',
    name: 'memory',
    unit: 'bytes',
    values: (samples) => each(samples, 'process_resident_memory_bytes'),
  },
  {
    terms: 'cpu',
    name: 'CPU',
    unit: 'cores',
    values: (samples) => rates(samples, 'process_cpu_seconds_total'),
  },
  {
    terms: 'reconnects',
    name: 'reconnects',
    unit: 'a second',
    values: (samples) => rates(samples, 'orderbooks_recorder_reconnects_total'),
  },
  {
    terms: 'divergences',
    name: 'divergences',
    unit: 'a second',
    values: (samples) => rates(samples, 'orderbooks_recorder_divergences_total'),
  },
];

/** The canary needs no more than production, and loses nothing more often. */
export const comparisonResources = defineCheck({
  id: 'comparison-resources',
  proves:
    'memory, CPU, reconnects and divergences of the canary are not clearly above those of production over the same minutes',
  needs: COMPARISON_FACTS,
  run({ policy }, { comparison: { baseline } }) {
    const expected = `no clear change for the worse beyond the tolerance of ${METRICS.map(({ name }) => name).join(', ')}`;
    if (baseline === null) return notCompared(expected, policy);
    const { canary, production } = baseline;
    const found = METRICS.map(({ terms, name, unit, values }) =>
      judgeMetric(
        { name, unit, ...policy.comparison.metrics[terms] },
        values(canary.samples),
        values(production.samples),
      ),
    );
    return judged(
      expected,
      found.map(({ text }) => text).join('; '),
      found.filter(({ refuses }) => refuses).map(({ text }) => text),
      'it needs no more than production',
    );
  },
});

function each(samples: readonly Sample[], name: string): readonly number[] {
  return samples.flatMap(({ metrics }) => metrics.value(name) ?? []);
}

/** Increase a second between one scrape and the next; a counter that fell began anew with its process. */
function rates(samples: readonly Sample[], name: string): readonly number[] {
  return samples.slice(1).flatMap((sample, index) => {
    const before = samples[index];
    const [from, to] = [before?.metrics.value(name) ?? null, sample.metrics.value(name)];
    const seconds = (sample.at.getTime() - (before?.at.getTime() ?? 0)) / 1000;
    return from === null || to === null || !(seconds > 0) ? [] : [Math.max(0, to - from) / seconds];
  });
}
