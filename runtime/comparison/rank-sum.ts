/**
 * The Mann-Whitney rank sum (Mann & Whitney 1947). Ties get midranks, and the null distribution is that of the ranks
 * that were observed: every choice of which values are the first sample is equally likely.
 */
export interface RankSum {
  /** How often a value of `first` is above one of `second`, equal ones counting half. */
  readonly u: number;
  /** Chance of a U at least as far from the middle if both came from one distribution. */
  readonly p: number;
  readonly exact: boolean;
  /** Chance that a value of `first` is above one of `second` (common-language effect size); 0.5 is no difference. */
  readonly superiority: number;
  /** Largest `c` so that P(U < c) is at most `tail`: the interval of the shift leaves out `c` pairs at each end. */
  outermost(tail: number): number;
}

/**
 * Exact to here: the table has (n + m) · n · sum of ranks entries, some million. Beyond, the normal approximation with the
 * variance of the observed ties is good to three digits.
 */
const EXACT_TOGETHER = 60;

/**
 * Both samples must hold at least one number, and no NaN.
 *
 * @param exactTogether up to so many values together p is exact
 */
export function rankSum(
  first: readonly number[],
  second: readonly number[],
  exactTogether = EXACT_TOGETHER,
): RankSum {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0 || [...first, ...second].some(Number.isNaN)) {
    throw new RangeError(`expected two samples of numbers, got ${n} and ${m} values`);
  }
  const groups = tieGroups([...first, ...second]);
  const rankOf = new Map(groups.map(({ value, doubledRank }) => [value, doubledRank]));
  const doubledSum = first.reduce((sum, value) => sum + (rankOf.get(value) ?? 0), 0);
  /** Twice U, so that midranks stay whole numbers. */
  const doubledU = doubledSum - n * (n + 1);
  const common = { u: doubledU / 2, superiority: doubledU / 2 / (n * m) };
  return n + m <= exactTogether
    ? { ...common, ...exactly(groups, n, m, doubledU) }
    : { ...common, ...approximately(groups, n, m, doubledU / 2) };
}

interface TieGroup {
  readonly value: number;
  readonly size: number;
  readonly doubledRank: number;
}

function tieGroups(values: readonly number[]): readonly TieGroup[] {
  const sorted = values.toSorted((a, b) => a - b);
  const groups: TieGroup[] = [];
  for (let from = 0; from < sorted.length; ) {
    const value = sorted[from] ?? 0;
    let to = from;
    while (to < sorted.length && sorted[to] === value) to++;
    // Ranks from + 1 to `to`; their mean, doubled.
    groups.push({ value, size: to - from, doubledRank: from + 1 + to });
    from = to;
  }
  return groups;
}

/** Counts the choices of n values by their doubled rank sum, tie group after tie group. */
function exactly(groups: readonly TieGroup[], n: number, m: number, doubledU: number) {
  const highest = groups.reduce((sum, one) => sum + one.size * one.doubledRank, 0);
  let ways: Float64Array[] = emptyTable(n, highest);
  (ways[0] as Float64Array)[0] = 1;
  for (const { size, doubledRank } of groups) {
    const next = emptyTable(n, highest);
    for (let taken = 0; taken <= Math.min(size, n); taken++) {
      const factor = choose(size, taken);
      const shift = taken * doubledRank;
      for (let before = 0; before + taken <= n; before++) {
        const [from, to] = [ways[before] as Float64Array, next[before + taken] as Float64Array];
        for (let sum = 0; sum + shift <= highest; sum++) {
          const count = from[sum] ?? 0;
          if (count > 0) to[sum + shift] = (to[sum + shift] ?? 0) + count * factor;
        }
      }
    }
    ways = next;
  }
  const counts = ways[n] as Float64Array;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const base = n * (n + 1);
  const middle = n * m;
  const away = Math.abs(doubledU - middle);
  let extreme = 0;
  for (const [sum, count] of counts.entries()) {
    if (Math.abs(sum - base - middle) >= away) extreme += count;
  }
  return {
    exact: true,
    p: Math.min(1, extreme / total),
    outermost(tail: number): number {
      let below = 0;
      for (let doubled = 0; doubled <= middle; doubled++) {
        below += (counts[doubled + base] ?? 0) / total;
        // P(U < c) for the next whole c: U up to `doubled` halves are left out.
        if (below > tail) return Math.floor(doubled / 2);
      }
      return Math.floor(middle / 2);
    },
  };
}

function approximately(groups: readonly TieGroup[], n: number, m: number, u: number) {
  const together = n + m;
  const ties = groups.reduce((sum, { size }) => sum + size ** 3 - size, 0);
  const variance = ((n * m) / 12) * (together + 1 - ties / (together * (together - 1)));
  const deviation = Math.sqrt(variance);
  const middle = (n * m) / 2;
  // Half a step of continuity.
  const z = deviation === 0 ? 0 : Math.max(0, Math.abs(u - middle) - 0.5) / deviation;
  return {
    exact: false,
    p: Math.min(1, 2 * upperTail(z)),
    outermost: (tail: number): number =>
      Math.max(0, Math.floor(middle - quantile(tail) * deviation)),
  };
}

function emptyTable(n: number, highest: number): Float64Array[] {
  return Array.from({ length: n + 1 }, () => new Float64Array(highest + 1));
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

/**
 * P(Z > z) for z ≥ 0, with a relative error below 1.2e-7 however far out (the Chebyshev fit of erfc in Press et al.,
 * Numerical Recipes, section 6.2).
 */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const exponent = ERFC.reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  return (t * Math.exp(-x * x + exponent)) / 2;
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
] as const;

/** The z that `tail` is above; found by halving. */
function quantile(tail: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return low;
}
