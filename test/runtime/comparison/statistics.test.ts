import { describe, expect, it } from 'vitest';
import { judgeMetric, type MetricTerms } from '../../../runtime/comparison/judgement.ts';
import { rankSum } from '../../../runtime/comparison/rank-sum.ts';
import { shift } from '../../../runtime/comparison/shift.ts';

describe('published examples', () => {
  it('tortoises and hares (the usual illustration of U): 11 and 25', () => {
    // Finishing order T H H H H H T T T T T H; a better place is a larger number here.
    const order = 'THHHHHTTTTTH';
    const places = (animal: string) =>
      [...order].flatMap((one, place) => (one === animal ? [12 - place] : []));
    expect(rankSum(places('T'), places('H')).u).toBe(11);
    expect(rankSum(places('H'), places('T')).u).toBe(25);
  });

  // Permeability constants of the human chorioamnion: Hollander & Wolfe 1973, p. 69 f., the example of R's wilcox.test.
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const early = [1.15, 0.88, 0.9, 0.74, 1.21];
  it('Hollander & Wolfe: W = 35, p = 0.1272 on one side, shift 0.305', () => {
    const found = shift(term, early, 0.95);
    expect(found.test).toMatchObject({ u: 35, exact: true });
    expect(found.test.p / 2).toBeCloseTo(0.1272, 4);
    expect(found.estimate).toBeCloseTo(0.305, 6);
  });

  // With ties. Ozone in New York 1973, May and August, without the missing days (Chambers et al. 1983): R's own example
  // of wilcox.test prints W = 127.5, p-value = 0.0001208. R approximates where there are ties.
  const may = [
    41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115,
    37,
  ];
  const august = [
    39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76,
    118, 84, 85,
  ];
  it('R, ozone: W = 127.5, and p = 0.0001208 by the approximation', () => {
    const found = rankSum(may, august, 0);
    expect(found).toMatchObject({ u: 127.5, exact: false });
    expect(found.p).toBeCloseTo(0.0001208, 7);
    expect(rankSum(may, august)).toMatchObject({ u: 127.5, exact: true });
  });

  // With ties in and between small samples (endmemo.com/r/wilcoxon.php): W = 51.5, p-value = 0.5966.
  it('R, small samples with ties: W = 51.5, and p = 0.5966 by the approximation', () => {
    const x = [1, 5, 9, 24, 56, 21, 3, 7, 21, 4];
    const y = [12, 15, 5, 9, 9, 14, 56, 22, 3, 7, 32, 5];
    const found = rankSum(x, y, 0);
    expect(found.u).toBe(51.5);
    expect(found.p).toBeCloseTo(0.5966, 4);
    expect(Math.abs(rankSum(x, y).p - found.p)).toBeLessThan(0.01);
  });

  // With ties, in sizes beyond tables: fitness of farm and town boys (Conover 1999, section 5.1): T = 321, which is a
  // normal deviate of 0.6431 with the variance of the ties, 0.52 on two sides.
  it('Conover: a rank sum of 321, and p near 0.52', () => {
    const farm = [14.8, 7.3, 5.6, 6.3, 9, 4.2, 10.6, 12.5, 12.9, 16.1, 11.4, 2.7];
    const town = [
      12.7, 14.2, 12.6, 2.1, 17.7, 11.8, 16.9, 7.9, 16, 10.6, 5.6, 5.6, 7.6, 11.3, 8.3, 6.7, 3.6, 1,
      2.4, 6.4, 9.1, 6.7, 18.6, 3.2, 6.2, 6.1, 15.3, 10.6, 1.8, 5.9, 9.9, 10.6, 14.8, 5, 2.6, 4,
    ];
    const { u, p } = rankSum(farm, town);
    expect(u + (farm.length * (farm.length + 1)) / 2).toBe(321);
    expect(p).toBeCloseTo(0.52, 1);
  });

  // Critical values of U, two-sided at 0.05, as printed in every table.
  it.each([
    [5, 5, 2],
    [8, 8, 13],
    [6, 9, 10],
    [10, 10, 23],
    [20, 20, 127],
  ])('tables: for %s and %s values U is significant up to %s', (n, m, critical) => {
    expect(ofU(n, m, critical)).toBeLessThanOrEqual(0.05);
    expect(ofU(n, m, critical + 1)).toBeGreaterThan(0.05);
  });
});

describe('against enumeration of every choice', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  it.each(seeds)('p is exact with ties (sample %s)', (seed) => {
    const next = random(seed);
    const whole = (limit: number) => Math.floor(next() * limit);
    const [n, m] = [2 + whole(4), 2 + whole(4)];
    const draw = (size: number) => Array.from({ length: size }, () => whole(4));
    const [a, b] = [draw(n), draw(m)];
    expect(rankSum(a, b).p).toBeCloseTo(enumerated(a, b), 12);
  });

  it('the approximation for larger samples is near the exact one', () => {
    const next = random(7);
    const a = Array.from({ length: 30 }, () => Math.floor(next() * 20));
    const b = Array.from({ length: 30 }, () => Math.floor(next() * 20 + 2));
    const exact = rankSum(a, b);
    const approximate = rankSum([...a, ...a], [...b, ...b]);
    expect([exact.exact, approximate.exact]).toEqual([true, false]);
    expect(approximate.superiority).toBeCloseTo(exact.superiority, 12);
    const larger = rankSum([...a, 19], b);
    expect(larger.exact).toBe(false);
    expect(Math.abs(larger.p - exact.p)).toBeLessThan(0.05);
  });

  it('the interval holds the true shift at least as often as it says', () => {
    const next = random(11);
    let held = 0;
    for (let round = 0; round < 400; round++) {
      const a = Array.from({ length: 8 }, () => next() + 0.3);
      const b = Array.from({ length: 9 }, () => next());
      const { lower, upper } = shift(a, b, 0.9);
      if (lower <= 0.3 && 0.3 <= upper) held++;
    }
    expect(held / 400).toBeGreaterThan(0.87);
  });
});

describe('judging a metric', () => {
  const terms: MetricTerms = {
    name: 'latency',
    unit: 'ms',
    direction: 'increase',
    missing: 'fail',
    criticality: 'critical',
    relative: 0.25,
    absolute: 10,
  };
  const base = Array.from({ length: 30 }, (_, index) => 100 + index);

  it('never refuses equal data, whatever they are', () => {
    const next = random(3);
    for (let round = 0; round < 200; round++) {
      const values = Array.from(
        { length: 1 + Math.floor(next() * 40) },
        () => Math.floor(next() * 3) * 1000,
      );
      const shuffled = values.toSorted(() => next() - 0.5);
      for (const direction of ['increase', 'decrease', 'either'] as const) {
        const exacting = { ...terms, direction, relative: 0, absolute: 0 };
        expect(judgeMetric(exacting, shuffled, values)).toMatchObject({
          class: 'pass',
          refuses: false,
        });
      }
    }
    expect(judgeMetric(terms, [5, 5, 5], [5]).class).toBe('pass');
  });

  it('refuses a clear shift the wrong way, and only that way', () => {
    const slower = base.map((value) => value + 2000);
    expect(judgeMetric(terms, slower, base)).toMatchObject({ class: 'high', refuses: true });
    expect(judgeMetric(terms, base, slower)).toMatchObject({ class: 'low', refuses: false });
    expect(judgeMetric({ ...terms, direction: 'either' }, base, slower).refuses).toBe(true);
    expect(judgeMetric({ ...terms, direction: 'decrease' }, slower, base).refuses).toBe(false);
    expect(judgeMetric({ ...terms, criticality: 'advisory' }, slower, base)).toMatchObject({
      class: 'high',
      refuses: false,
    });
  });

  it('also between two constants', () => {
    const canary = Array.from({ length: 10 }, () => 2000);
    expect(
      judgeMetric(
        terms,
        canary,
        Array.from({ length: 10 }, () => 0),
      ).refuses,
    ).toBe(true);
  });

  it('bears what the tolerance bears, and what too few values cannot tell', () => {
    expect(
      judgeMetric(
        terms,
        base.map((value) => value + 20),
        base,
      ).class,
    ).toBe('pass');
    expect(judgeMetric(terms, [9000], [1]).class).toBe('pass');
  });

  it.each([
    ['fail', 'critical', true],
    ['ignore', 'critical', false],
    ['fail', 'advisory', false],
  ] as const)('without data: %s, %s refuses %s', (missing, criticality, refuses) => {
    for (const [a, b] of [
      [[], base],
      [base, []],
      [[Number.NaN], base],
    ] as const) {
      expect(judgeMetric({ ...terms, missing, criticality }, a, b)).toMatchObject({
        class: 'no_data',
        refuses,
      });
    }
  });
});

/** Two-sided p of a U, from samples without ties that have it. */
function ofU(n: number, m: number, u: number): number {
  // Values of the first sample among 0 … n+m-1: the lowest, moved up until they pass `u` of the second.
  const first = Array.from({ length: n }, (_, at) => at);
  let left = u;
  for (let at = n - 1; at >= 0 && left > 0; at--) {
    const steps = Math.min(m, left);
    first[at] = at + steps;
    left -= steps;
  }
  const second = Array.from({ length: n + m }, (_, value) => value).filter(
    (value) => !first.includes(value),
  );
  const found = rankSum(first, second);
  expect(found.u).toBe(u);
  return found.p;
}

function enumerated(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const uOf = (x: readonly number[], y: readonly number[]) =>
    x.reduce(
      (sum, v) => sum + y.reduce((inner, w) => inner + (v > w ? 1 : v === w ? 0.5 : 0), 0),
      0,
    );
  const middle = (a.length * b.length) / 2;
  const away = Math.abs(uOf(a, b) - middle);
  let [extreme, total] = [0, 0];
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const chosen = all.filter((_value, at) => (mask >> at) & 1);
    if (chosen.length !== a.length) continue;
    const rest = all.filter((_value, at) => !((mask >> at) & 1));
    total++;
    if (Math.abs(uOf(chosen, rest) - middle) >= away - 1e-9) extreme++;
  }
  return extreme / total;
}

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
