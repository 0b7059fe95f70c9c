import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { collectorMetrics } from '../../runtime/collector/metrics.ts';
import { recorderMetrics } from '../../runtime/recorder/metrics.ts';
import { readCombinations, writeCombination } from '../../scripts/kustomize/combinations.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../../scripts/settings/names.ts';
import { objectsIn, read, renderText } from './render.ts';
import { copyManifests } from './tree.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const tree = await copyManifests();
const folder = await mkdtemp(join(tmpdir(), 'orderbooks-alerts-'));
afterAll(async () => {
  await tree.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const wanted = (await readCombinations(tree.root)).find(({ name }) => name === 'full-monitoring');
if (wanted === undefined) throw new Error('no combination full-monitoring');
const objects = objectsIn(renderText(await writeCombination(tree.root, wanted), tree.root));
const one = (kind: string) => objects.find((object) => object.kind === kind);
const ruleSpec = read<{ groups: readonly { rules: readonly Rule[] }[] }>(
  one('PrometheusRule'),
  'spec',
);
const rules = ruleSpec.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(
  read<string>(
    objects.find(({ metadata }) => metadata.name === 'orderbooks-dashboard'),
    'data',
    'orderbooks.json',
  ),
) as {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
};

/** Metrics of others: kube-state-metrics and the kubelet. */
const FOREIGN = new Set([
  'kube_cronjob_created',
  'kube_cronjob_status_last_successful_time',
  'kubelet_volume_stats_available_bytes',
  'kubelet_volume_stats_capacity_bytes',
]);
const build = { revision: 'r', image: 'i' };
const own = new Map(
  (
    await Promise.all(
      [recorderMetrics(build), collectorMetrics(build)].map(
        ({ registry }: { registry: Registry }) => registry.getMetricsAsJSON(),
      ),
    )
  )
    .flat()
    .map((metric) => [metric.name, String(metric.type)]),
);

describe('every query', () => {
  const queries = [
    ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
    ...dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }, index) => [`panel ${title}, query ${index + 1}`, expr] as const),
    ),
    ...dashboard.templating.list
      .filter(({ query }) => query.startsWith('label_values'))
      .map(({ query }) => ['the list of namespaces', query] as const),
    ...dashboard.annotations.list.map(({ expr }) => ['the releases', expr] as const),
  ];

  it.each(queries)('of %s names metrics that exist', (_, expr) => {
    const names = metricsIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
  });

  it('would be found out if it named another', () => {
    expect(isKnown('orderbooks_recorder_frames_sum')).toBe(false);
    expect(
      metricsIn('rate(orderbooks_recorder_frame_total[5m])').filter((name) => !isKnown(name)),
    ).toEqual(['orderbooks_recorder_frame_total']);
  });
});

describe('alerts', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s is about its own namespace, says how bad it is, and has a runbook',
    async (alert, { expr, labels, annotations }) => {
      expect(/"([^"]*)"/.exec(expr)?.[1]).toBe(PRODUCTION_NAMESPACE);
      expect(['critical', 'warning']).toContain(labels['severity']);
      expect(annotations['runbook']).toBe(`docs/operations/alerts.md#${alert.toLowerCase()}`);
      expect(await readFile(join(DOCS, 'operations/alerts.md'), 'utf8')).toContain(
        `\n## ${alert}\n`,
      );
    },
  );

  it('are those of the runbook', async () => {
    const text = await readFile(join(DOCS, 'operations/alerts.md'), 'utf8');
    const headings = [...text.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(rules.map(({ alert }) => alert));
  });

  it('and the pods they are about are scraped, by the port that they have', () => {
    const spec = read<Record<string, unknown>>(one('PodMonitor'), 'spec');
    expect(spec).toMatchObject({
      podTargetLabels: ['app.kubernetes.io/component'],
      podMetricsEndpoints: [{ port: 'http', path: '/metrics' }],
    });
    expect(JSON.stringify(spec['selector'])).toContain(
      '["ws-recorder","collector","burst-recorder"]',
    );
  });
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;
if (!promtool)
  process.stderr.write(
    'promtool is not installed (Debian package prometheus): alerts are not tried\n',
  );

describe.runIf(promtool)('promtool', () => {
  it('accepts the rules, and every alert fires when it must and stays silent otherwise', async () => {
    await writeFile(join(folder, 'rules.yaml'), stringify(ruleSpec));
    await writeFile(join(folder, 'rules.test.yaml'), await caseText());
    execFileSync('promtool', ['check', 'rules', 'rules.yaml'], { cwd: folder, stdio: 'pipe' });
    expect(tried(folder)).toBe(0);
    const text = await readFile(join(folder, 'rules.test.yaml'), 'utf8');
    const { tests } = parse(text) as {
      tests: readonly { alert_rule_test: readonly { alertname: string; exp_alerts?: unknown }[] }[];
    };
    const cases = tests.flatMap((test) => test.alert_rule_test);
    for (const { alert } of rules) {
      const mine = cases.filter(({ alertname }) => alertname === alert);
      expect(
        mine.some(({ exp_alerts }) => exp_alerts !== undefined),
        `${alert} fires`,
      ).toBe(true);
      expect(
        mine.some(({ exp_alerts }) => exp_alerts === undefined),
        `${alert} is silent`,
      ).toBe(true);
    }
  });

  it('finds out an alert that watches the wrong threshold', async () => {
    const wrong = stringify(ruleSpec).replace('> 3600', '> 36000');
    expect(wrong).not.toBe(stringify(ruleSpec));
    await writeFile(join(folder, 'rules.yaml'), wrong);
    await writeFile(join(folder, 'rules.test.yaml'), await caseText());
    expect(tried(folder)).toBe(1);
  });
});

/** The cases, in the namespaces of this checkout. */
async function caseText(): Promise<string> {
  const text = await readFile(join(HERE, 'alerts/rules.test.yaml'), 'utf8');
  return text.replaceAll(
    /(namespace(?:="|: ))(orderbooks(?:-canary)?)\b/g,
    (_whole, before: string, name: string) =>
      `${before}${name === 'orderbooks' ? PRODUCTION_NAMESPACE : CANARY_NAMESPACE}`,
  );
}

function tried(cwd: string): number | null {
  return spawnSync('promtool', ['test', 'rules', 'rules.test.yaml'], { cwd }).status;
}

/** Names in a query that look like metrics: what stands before a brace, a bracket or the end of a term. */
function metricsIn(expr: string): readonly string[] {
  return [...new Set(expr.match(/\b(?:orderbooks|kube|kubelet)_[a-z0-9_]+\b/g) ?? [])];
}

function isKnown(name: string): boolean {
  if (FOREIGN.has(name) || own.has(name)) return true;
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return base !== name && own.get(base) === 'histogram';
}
