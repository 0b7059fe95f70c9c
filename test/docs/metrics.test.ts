import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { collectorMetrics } from '../../runtime/collector/metrics.ts';
import { serviceMetrics } from '../../runtime/evidence/service/metrics.ts';
import { recorderMetrics } from '../../runtime/recorder/metrics.ts';

const PAGE = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const build = { revision: '', image: '' };

/** The rows of the table below `## heading`, as `name | type | labels | meaning`, sorted. */
function documented(heading: string): string[] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/^\| | \|$/g, ''))
    .toSorted();
}

/** What a program registers, in the same form. */
function registered(registry: Registry): string[] {
  return registry
    .getMetricsAsArray()
    .map((metric) => {
      const { name, help, labelNames = [] } = metric as typeof metric & { labelNames?: string[] };
      const labels = labelNames.map((label) => `\`${label}\``).join(', ') || '-';
      return `\`${name}\` | ${metric.constructor.name.toLowerCase()} | ${labels} | ${help}`;
    })
    .toSorted();
}

describe('docs/metrics.md', () => {
  it("tells every metric of the recorder in the program's own words, and no other", () => {
    expect(documented('Recorder')).toEqual(registered(recorderMetrics(build).registry));
  });

  it("tells every metric of the collector in the program's own words, and no other", () => {
    expect(documented('Collector')).toEqual(registered(collectorMetrics(build).registry));
  });

  it("tells every metric of the evidence service in the program's own words, and no other", () => {
    const { registry } = serviceMetrics(build, () => []);
    expect(documented('Evidence service')).toEqual(registered(registry));
  });

  it('names only metrics that exist where it says what to look at', () => {
    const all = [recorderMetrics(build), collectorMetrics(build)].flatMap(({ registry }) =>
      registry.getMetricsAsArray().map(({ name }) => name),
    );
    const advice = PAGE.split('\n## What to look at first\n')[1] ?? '';
    const named = [...advice.matchAll(/`([a-z_]+_[a-z_]+)(?:\{[^`]*)?`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(8);
    for (const name of named) {
      expect(
        all.filter((known) => known.endsWith(`_${name}`)),
        name,
      ).not.toEqual([]);
    }
  });
});
