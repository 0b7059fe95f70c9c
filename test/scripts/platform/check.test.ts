import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Helm } from '../../../scripts/cluster/helm.ts';
import { chartChecks } from '../../../scripts/platform/check.ts';
import type { Component } from '../../../scripts/platform/components.ts';
import { examine, type Finding } from '../../../scripts/predeploy/finding.ts';
import { type FakePrograms, fakePrograms } from '../cluster/fake-programs.ts';

const { signal } = new AbortController();
const COMPONENT: Component = {
  name: 'kargo',
  what: 'promotes',
  chart: 'kargo',
  repository: 'oci://registry.example.com/charts',
  version: '1.2.3',
  appVersion: 'v1.2.3',
  namespace: 'kargo',
  release: 'kargo',
  optional: false,
};
const CHART = 'name: kargo\nversion: 1.2.3\nappVersion: v1.2.3\n';
const VALUES = 'api:\n  replicas: 1\n  extraEnv: {}\n  probes:\n    enabled: true\n';

let fakes: FakePrograms;
let folder: string;
beforeEach(async () => {
  fakes = await fakePrograms();
  folder = await mkdtemp(join(tmpdir(), 'charts-'));
  await writeFile(join(folder, 'kargo-1.2.3.tgz'), 'a chart');
  await mkdir(join(folder, 'platform/values'), { recursive: true });
  await reviewed('api:\n  replicas: 2\n');
  await fakes.chart('kargo-1.2.3', { values: VALUES, chart: CHART });
});
afterEach(async () => {
  await fakes.remove();
  await rm(folder, { recursive: true, force: true });
});

async function reviewed(text: string): Promise<void> {
  await writeFile(join(folder, 'platform/values/kargo.yaml'), text);
}

async function checked(): Promise<Finding | undefined> {
  const checks = chartChecks({
    helm: new Helm({ signal, environment: fakes.environment }),
    chosen: [{ component: COMPONENT, mode: 'managed' }],
    charts: folder,
    values: {
      root: folder,
      own: {},
      adminAccounts: false,
      repoUrl: 'https://git.example.com/data/orderbooks.git',
    },
  });
  const [finding] = await examine(checks, () => undefined, signal);
  return finding;
}

test('a chart that is the pinned one and has all our values is good', async () => {
  expect(await checked()).toEqual({
    check: 'kargo',
    verdict: 'good',
    seen: 'kargo 1.2.3 (v1.2.3): 1 objects, every value known',
    advice: null,
  });
});

test('a value that the chart would ignore is named with the one that may be meant', async () => {
  await reviewed('api:\n  replica: 2\n');
  expect(await checked()).toMatchObject({
    verdict: 'bad',
    seen: expect.stringMatching(
      /api\.replica: the chart has no such value.*did you mean replicas\?/,
    ),
  });
});

test('a value that no values.yaml lists is known where the manifests change with it', async () => {
  await reviewed('api:\n  extraEnv:\n    LEVEL: debug\n    OTHER: "1"\n');
  await fakes.chart('kargo-1.2.3', { values: VALUES, takes: '"LEVEL":"[a-z]*"' });
  const finding = await checked();
  expect(finding?.seen).toContain('api.extraEnv.OTHER');
  expect(finding?.seen).not.toContain('LEVEL');
});

test('a value that the chart takes by itself too is known: another one would change the manifests', async () => {
  await reviewed('api:\n  extraEnv:\n    LEVEL: debug\n');
  // Renders whatever follows debug, so that with debug and with nothing the manifests are the same.
  await fakes.chart('kargo-1.2.3', { values: VALUES, takes: 'debug[a-z][a-z]*' });
  expect((await checked())?.verdict).toBe('good');
});

test('a scalar where the chart has keys of its own is named: Helm would ignore it', async () => {
  await reviewed('api:\n  probes: "off"\n');
  expect((await checked())?.seen).toContain('api.probes: the chart has no such value');
});

test('another version than the file says, and a chart that cannot be rendered, are bad', async () => {
  await fakes.chart('kargo-1.2.3', { values: VALUES, chart: CHART.replace('v1.2.3', 'v1.3.0') });
  expect((await checked())?.seen).toBe('kargo 1.2.3 (v1.3.0): pinned is kargo 1.2.3 (v1.2.3)');
  await fakes.fail('template kargo', 'Error: values do not meet the schema');
  expect((await checked())?.seen).toContain('values do not meet the schema');
});

test('a chart that is not in --charts is unknown, with the way to get it', async () => {
  await rm(join(folder, 'kargo-1.2.3.tgz'));
  expect(await checked()).toMatchObject({
    verdict: 'unknown',
    seen: expect.stringContaining('helm pull kargo --version 1.2.3'),
  });
});
