import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { bucketQuantile } from '../../../scripts/bench/bucket-quantile.ts';

const registry = new Registry();
const delay = new Histogram({ name: 'd', help: 'd', buckets: [1, 2, 4], registers: [registry] });
async function look(): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^d_/.test(line));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('a quantile of a histogram', () => {
  it('is the bound below which the share lies of what came between two looks', async () => {
    delay.observe(100);
    const before = await look();
    expect(bucketQuantile('d', before, before, 0.5)).toBeNaN();
    for (const seconds of [0.5, 0.5, 1.5, 3]) delay.observe(seconds);
    const after = await look();
    expect(bucketQuantile('d', before, after, 0.5)).toBe(1);
    expect(bucketQuantile('d', before, after, 0.75)).toBe(2);
    expect(bucketQuantile('d', before, after, 0.99)).toBe(4);
    expect(bucketQuantile('d', new Map(), after, 0.99)).toBe(Number.POSITIVE_INFINITY);
  });
});
