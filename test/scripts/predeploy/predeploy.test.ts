import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { clusterChecks } from '../../../scripts/predeploy/cluster-checks.ts';
import { deliveryChecks } from '../../../scripts/predeploy/delivery-checks.ts';
import { examine, type Finding } from '../../../scripts/predeploy/finding.ts';
import { SETTINGS } from '../../settings.ts';
import { type FakeAnswer, fakeKubectl } from '../deploy/fake-kubectl.ts';

type Answers = readonly (readonly [string, FakeAnswer])[];
const NOW = new Date('2026-11-20T12:00:00Z');
const ROOT = join(import.meta.dirname, '../../..');
const json = (value: object): FakeAnswer => ({ out: JSON.stringify(value) });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-predeploy-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lease = (renewTime: string) =>
  json({ items: [{ metadata: { name: 'node-1' }, spec: { renewTime } }] });
const quota = (used: string) =>
  json({
    items: [
      {
        metadata: { name: 'orderbooks' },
        status: { hard: { pods: '6', 'limits.cpu': '3' }, used: { pods: '2', 'limits.cpu': used } },
      },
    ],
  });

const WELL: Answers = [
  ['get --raw /version*', json({ gitVersion: 'v1.34.3' })],
  ['get namespaces *', json({ metadata: { name: 'any' } })],
  ['get secret *', { out: 'rclone.conf\n' }],
  ['get resourcequotas *', quota('2500m')],
  ['get persistentvolumeclaims *', json({ status: { phase: 'Bound' } })],
  ['get leases*', lease('2026-11-20T11:59:55Z')],
  [
    'get deployments.apps *',
    json({
      items: [
        {
          spec: { template: { spec: { containers: [{ image: 'ghcr.io/akuity/kargo:v0.1.0' }] } } },
        },
      ],
    }),
  ],
  [
    'get applications.argoproj.io *',
    json({
      items: [
        { metadata: { name: 'orderbooks-canary' }, status: { sync: { status: 'OutOfSync' } } },
      ],
    }),
  ],
];

async function findings(answers: Answers, names: RegExp): Promise<readonly Finding[]> {
  const { environment } = await fakeKubectl(folder, answers);
  const signal = new AbortController().signal;
  const kubectl = new Kubectl({ signal, environment, dryRun: true });
  const checks = [
    ...clusterChecks(kubectl, () => NOW),
    ...deliveryChecks(kubectl, { root: ROOT, commit: 'a'.repeat(40), signal }),
  ].filter(({ name }) => names.test(name));
  return examine(checks, () => undefined, signal);
}

const CLUSTER = /^(cluster|secret|quota|storage|clocks)/;

test('a cluster that is well has nothing against it', async () => {
  const seen = await findings(WELL, CLUSTER);
  expect(seen.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 7 }, () => 'good'));
});

test.each<readonly [string, Answers, string, string]>([
  [
    'a Secret without its key',
    [['get secret *', { out: 'other\n' }]],
    `secret in ${SETTINGS.productionNamespace}`,
    'lacks key rclone.conf',
  ],
  [
    'no Secret',
    [['get secret *', { out: '' }]],
    `secret in ${SETTINGS.productionNamespace}`,
    'not there or empty',
  ],
  [
    'a full quota',
    [['get resourcequotas *', quota('3')]],
    `quota in ${SETTINGS.productionNamespace}`,
    'limits.cpu 3 of 3',
  ],
  [
    'a node whose clock is ahead',
    [['get leases*', lease('2026-11-20T12:00:30Z')]],
    'clocks',
    '-30 s behind',
  ],
  [
    'a node that is silent',
    [['get leases*', lease('2026-11-20T11:50:00Z')]],
    'clocks',
    '600 s behind',
  ],
  [
    'no default StorageClass',
    [
      ['get persistentvolumeclaims *', { out: '' }],
      ['get storageclasses*', json({ items: [] })],
    ],
    'storage class',
    'no default StorageClass',
  ],
])('%s is bad, with what to do', async (_name, answers, check, words) => {
  const seen = await findings([...answers, ...WELL], CLUSTER);
  const found = seen.find((finding) => finding.check === check);
  expect(found).toMatchObject({ verdict: 'bad', seen: expect.stringContaining(words) });
  expect(found?.advice).toBeTruthy();
});

test('only names of keys are asked for, never what a Secret holds', async () => {
  const { environment, calls } = await fakeKubectl(folder, WELL);
  const signal = new AbortController().signal;
  const checks = clusterChecks(new Kubectl({ signal, environment }), () => NOW);
  await examine(checks, () => undefined, signal);
  const asked = (await calls()).filter((line) => line.startsWith('get secret'));
  expect(asked).toHaveLength(2);
  for (const line of asked) {
    expect(line).toContain('{{$key}}');
    expect(line).not.toMatch(/json|yaml|\{\{\$value\}\}/);
  }
});

test('another version than the pinned one, and an Application out of sync, are bad', async () => {
  const seen = await findings(WELL, /^(version of kargo|drift of workloads)/);
  expect(seen).toMatchObject([
    { verdict: 'bad', seen: expect.stringContaining('0.1.0 runs, pinned is') },
    { verdict: 'bad', seen: 'orderbooks-canary OutOfSync' },
  ]);
});
