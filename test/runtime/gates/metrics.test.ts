import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../runtime/gates/metrics.ts';

describe('metrics', () => {
  it('have the values that the text says, infinite ones too, and NaN for what is no number', () => {
    const metrics = parseMetrics('a 1.5\nb -Inf\nc +Inf\nd many\ne 2 1795255200000\n');
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => metrics.value(name))).toEqual([
      1.5,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      2,
      null,
    ]);
  });

  it('are summed over the series that carry all labels that are asked for', () => {
    const metrics = parseMetrics('a{x="1",y="1"} 1\na{x="1",y="2"} 2\na{x="2",y="2"} 4\n');
    expect(metrics.value('a')).toBe(7);
    expect(metrics.value('a', { x: '1' })).toBe(3);
    expect(metrics.value('a', { x: '1', y: '2' })).toBe(2);
    expect(metrics.value('a', { x: '3' })).toBeNull();
  });

  it('have labels with what was escaped in them', () => {
    const text = 'a{path="C:\\\\data",said="one\\ntwo",quoted="\\"n\\""} 1\n';
    expect(parseMetrics(text).labels('a')).toEqual([
      { path: 'C:\\data', said: 'one\ntwo', quoted: '"n"' },
    ]);
  });

  it.each([
    ['labels without quotes', 'a{x=1} 1\n', /line 1 has labels that cannot be read/],
    ['no value', '# HELP a\na\n', /line 2 is not Prometheus text/],
    ['no end', 'a 1\nb 2', /cut off/],
    ['nothing', '', /empty/],
  ])('are refused with %s', (_what, text, saying) => {
    expect(() => parseMetrics(text)).toThrow(saying);
  });
});
