import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanupLocal } from '../../../scripts/cleanup/cleanup.ts';
import { deployLocal } from '../../../scripts/deploy/deploy.ts';
import { SETTINGS } from '../../settings.ts';
import { type FakeAnswer, fakeKubectl, HOSTILE } from './fake-kubectl.ts';

type Answers = readonly (readonly [string, FakeAnswer])[];
const ROOT = join(import.meta.dirname, '../../..');
const SIGNAL = new AbortController().signal;
const json = (value: object): FakeAnswer => ({ out: JSON.stringify(value) });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-local-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PODS = json({
  items: [
    { metadata: { name: 'pod-1' }, status: { containerStatuses: [{ ready: true, imageID: 'x' }] } },
  ],
});
const READY: Answers[number] = ['get --raw=/readyz *', { out: 'ok' }];
const WELL: Answers = [
  READY,
  ['get -f *', { out: '' }],
  ['apply *', { echo: true }],
  ['rollout status *', { out: 'ok' }],
  ['get pods *jsonpath*', { out: 'pod-1' }],
  ['get pods *', PODS],
];

async function deploy(answers: Answers, dryRun = false) {
  const { environment, calls } = await fakeKubectl(folder, answers);
  const verified: string[] = [];
  const result = await deployLocal({
    root: ROOT,
    image: 'registry.example.com/x:1',
    create: false,
    buildArguments: [],
    dryRun,
    rolloutTimeoutMs: 1000,
    signal: SIGNAL,
    environment,
    tell: () => undefined,
    async verify(_access, pod) {
      verified.push(pod);
      return 'well';
    },
  });
  return { result, verified, calls: await calls() };
}

test('applies the local overlay, waits for feed, recorder and collector, and verifies the recorder', async () => {
  const { result, verified, calls } = await deploy(WELL);
  expect(result).toMatchObject({ ok: true });
  expect(verified).toEqual(['pod-1']);
  expect(
    calls.filter((line) => line.startsWith('rollout')).map((line) => line.split(' ')[2]),
  ).toEqual([
    'deployment/orderbooks-simulated-feed',
    'deployment/orderbooks-ws-recorder',
    'deployment/orderbooks-collector',
  ]);
  const applied = result.steps.find(({ name }) => name === 'objects')?.detail ?? '';
  expect(applied).toContain('Namespace orderbooks-local created');
  for (const other of [SETTINGS.productionNamespace, SETTINGS.canaryNamespace]) {
    expect(applied).not.toContain(` ${other}/`);
  }
});

test('a dry run writes and starts nothing', async () => {
  const { result, verified, calls } = await deploy(
    [['get namespace *', { out: '' }], ...WELL],
    true,
  );
  expect(result.ok).toBe(true);
  expect(verified).toEqual([]);
  expect(calls.filter((line) => !line.startsWith('get'))).toEqual([]);
});

test('a trial that does not record fails, and says so', async () => {
  const { result } = await deploy([
    ['rollout status *', { code: 1, error: 'error: timed out waiting for the condition' }],
    ...WELL,
  ]);
  expect(result.error?.code).toBe('ROLLOUT_FAILED');
  expect(result.steps.at(-1)).toMatchObject({ name: 'verify', state: 'not started' });
});

test('a recorder that runs and is not ready is told with its last words, and with its own events only', async () => {
  const pod = {
    metadata: { name: 'orderbooks-ws-recorder-1' },
    status: { phase: 'Running', containerStatuses: [{ ready: false }] },
  };
  const { result } = await deploy([
    ['rollout status *', { code: 1, error: 'error: exceeded its progress deadline' }],
    ['get pods *', json({ items: [pod] })],
    ['logs orderbooks-ws-recorder-1 *', { out: 'discovery has problems\n' }],
    [
      'get events *',
      {
        out: 'Warning Unhealthy orderbooks-simulated-feed-1 probe failed\nNormal Completed orderbooks-uploader-2 done\n',
      },
    ],
    ...WELL,
  ]);
  expect(result.error?.message).toContain('orderbooks-ws-recorder-1: Running, not ready');
  expect(result.error?.message).toContain('log discovery has problems');
  expect(result.error?.message).toContain('event Warning Unhealthy orderbooks-simulated-feed-1');
  expect(result.error?.message).not.toContain('orderbooks-uploader-2');
});

test.each(HOSTILE)(
  '%s while applying is told as %s, and nothing is waited for',
  async (_name, code, answer) => {
    const { result, calls } = await deploy([READY, ['*', answer]]);
    expect(result.error?.code).toBe(code);
    expect(calls.some((line) => line.startsWith('rollout'))).toBe(false);
  },
);

const OURS: Answers = [
  ['get namespaces *', json({ metadata: { labels: { 'app.kubernetes.io/name': 'orderbooks' } } })],
  [
    'get persistentvolumeclaims *',
    json({
      items: [{ metadata: { name: 'orderbooks-data' }, status: { capacity: { storage: '5Gi' } } }],
    }),
  ],
  ['delete *', { out: 'deleted' }],
];

async function cleanup(answers: Answers, options: { confirm?: boolean; dryRun?: boolean } = {}) {
  const { environment, calls } = await fakeKubectl(folder, answers);
  const asked: string[] = [];
  const result = await cleanupLocal({
    signal: SIGNAL,
    environment,
    dryRun: options.dryRun === true,
    tell: () => undefined,
    async confirm(loss) {
      asked.push(loss);
      return options.confirm ?? true;
    },
  });
  const deletes = (await calls()).filter((line) => line.startsWith('delete'));
  return { result, asked, deletes };
}

test('cleanup says which volumes go, asks, and removes the one namespace', async () => {
  const { result, asked, deletes } = await cleanup(OURS);
  expect(result.ok).toBe(true);
  expect(asked[0]).toContain('orderbooks-data (5Gi)');
  expect(deletes).toEqual(['delete namespace orderbooks-local --wait --timeout=300s']);
});

test('without a yes, in a dry run, and in a namespace of somebody else nothing is removed', async () => {
  const no = await cleanup(OURS, { confirm: false });
  expect(no.result.error?.code).toBe('NOT_CONFIRMED');
  const dry = await cleanup(OURS, { dryRun: true });
  expect(dry.asked).toEqual([]);
  const foreign = await cleanup([
    ['get namespaces *', json({ metadata: { labels: {} } })],
    ...OURS,
  ]);
  expect(foreign.result.error?.code).toBe('REFUSED');
  expect([...no.deletes, ...dry.deletes, ...foreign.deletes]).toEqual([]);
});

test('cleaning up twice is no error', async () => {
  const { result } = await cleanup([['get namespaces *', { out: '' }]]);
  expect(result.steps).toMatchObject([{ state: 'unchanged', detail: 'not there' }]);
});
