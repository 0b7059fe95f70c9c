import { type RankSum, rankSum } from './rank-sum.ts';

/** How far `canary` lies above `baseline`. */
export interface Shift {
  /** Median of all differences between a value of one and one of the other (Hodges & Lehmann 1963). */
  readonly estimate: number;
  /** Holds the true shift with at least the confidence asked for. */
  readonly lower: number;
  readonly upper: number;
  readonly test: RankSum;
}

/** Of small samples not even all differences together are an interval of the confidence: then it is unbounded. */
export function shift(
  canary: readonly number[],
  baseline: readonly number[],
  confidence: number,
): Shift {
  const test = rankSum(canary, baseline);
  const differences = new Float64Array(canary.length * baseline.length);
  for (const [i, value] of canary.entries()) {
    for (const [j, base] of baseline.entries()) differences[i * baseline.length + j] = value - base;
  }
  differences.sort();
  const count = differences.length;
  const outermost = test.outermost((1 - confidence) / 2);
  const bounded = outermost >= 1;
  return {
    estimate: ((differences[(count - 1) >> 1] ?? 0) + (differences[count >> 1] ?? 0)) / 2,
    lower: bounded ? (differences[outermost - 1] ?? 0) : Number.NEGATIVE_INFINITY,
    upper: bounded ? (differences[count - outermost] ?? 0) : Number.POSITIVE_INFINITY,
    test,
  };
}
