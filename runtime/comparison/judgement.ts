import { type Shift, shift } from './shift.ts';

/** How a metric of the canary is held against that of production (the vocabulary of Kayenta's judge). */
export interface MetricTerms {
  readonly name: string;
  readonly unit: string;
  /** Which way is worse. */
  readonly direction: 'increase' | 'decrease' | 'either';
  /** What it means when one side has no values. */
  readonly missing: 'fail' | 'ignore';
  /** `critical` refuses; `advisory` is reported. */
  readonly criticality: 'critical' | 'advisory';
  /** A shift is borne up to this share of production's median, or up to `absolute`, whichever is more. */
  readonly relative: number;
  readonly absolute: number;
}

export interface MetricJudgement {
  readonly terms: MetricTerms;
  readonly class: 'pass' | 'high' | 'low' | 'no_data';
  /** True if the canary is to be refused for it. */
  readonly refuses: boolean;
  /** One line with the numbers. */
  readonly text: string;
}

/** Kayenta's: with some metrics in each comparison, one in fifty false alarms would be too many at 0.95. */
const CONFIDENCE = 0.98;
/** The whole interval must lie beyond this share of the estimate: an effect that barely shows is none. */
const CLEAR_SHARE = 0.25;

/** Judges one metric. Deterministic; equal samples never refuse. */
export function judgeMetric(
  terms: MetricTerms,
  canary: readonly number[],
  baseline: readonly number[],
): MetricJudgement {
  const [own, base] = [canary.filter(Number.isFinite), baseline.filter(Number.isFinite)];
  if (own.length === 0 || base.length === 0) {
    return {
      terms,
      class: 'no_data',
      refuses: terms.missing === 'fail' && terms.criticality === 'critical',
      text: `${terms.name}: ${own.length} values of the canary, ${base.length} of production`,
    };
  }
  const sizes = `${own.length} and ${base.length} values`;
  if (isSame(own, base)) {
    return { terms, class: 'pass', refuses: false, text: `${terms.name}: the same, ${sizes}` };
  }
  const found = shift(own, base, CONFIDENCE);
  const borne = Math.max(terms.absolute, terms.relative * Math.abs(median(base)));
  const kind = classify(found, borne);
  const worse =
    kind !== 'pass' &&
    (terms.direction === 'either' ||
      terms.direction === (kind === 'high' ? 'increase' : 'decrease'));
  const { test } = found;
  return {
    terms,
    class: kind,
    refuses: worse && terms.criticality === 'critical',
    text: `${terms.name}: medians ${shown(median(own))} and ${shown(median(base))} ${terms.unit}, shift ${shown(found.estimate)} [${shown(found.lower)}, ${shown(found.upper)}] where ${shown(borne)} is borne, effect ${test.superiority.toFixed(2)}, p ${test.p.toPrecision(2)}${test.exact ? ' exact' : ''}, ${sizes}: ${worse ? kind : kind === 'pass' ? 'pass' : `${kind}, which is no harm`}`,
  };
}

function classify({ estimate, lower, upper }: Shift, borne: number): 'pass' | 'high' | 'low' {
  const clear = CLEAR_SHARE * Math.abs(estimate);
  if (lower > clear && estimate > borne) return 'high';
  if (upper < -clear && estimate < -borne) return 'low';
  return 'pass';
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  const [first, second] = [a, b].map((values) => values.toSorted((x, y) => x - y));
  const distinct = new Set([...a, ...b]).size === 1;
  return (
    distinct ||
    (a.length === b.length && (first?.every((value, at) => value === second?.[at]) ?? false))
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] ?? 0)
    : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

function shown(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : value > 0 ? '∞' : '-∞';
}
