import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeEvidenceFile } from '../../../runtime/gates/evidence-store.ts';
import { deployCanary } from '../../../scripts/deploy-canary/deploy.ts';
import { evidenceFile } from '../../../scripts/deploy-canary/evidence.ts';
import { git } from '../../../scripts/git.ts';
import { SETTINGS } from '../../settings.ts';
import { type FakeAnswer, type FakeProgram, fakeKubectl, HOSTILE } from '../deploy/fake-kubectl.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const NOW = new Date('2026-11-20T12:00:00Z');
type Answers = readonly (readonly [string, FakeAnswer])[];

const BUNDLE = join(import.meta.dirname, '../../..');
let folder: string;
let root: string;
let sha: string;

/** A checkout of the bundle's own overlays whose one commit is pushed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-deploy-canary-'));
  root = join(folder, 'checkout');
  const remote = join(folder, 'remote.git');
  for (const part of ['gitops', 'settings']) {
    await cp(join(BUNDLE, part), join(root, part), { recursive: true });
  }
  await run('init', '--quiet', '--initial-branch=main');
  await run('add', '.');
  await commit('Release 1');
  await run('init', '--quiet', '--bare', '--initial-branch=main', remote);
  await run('remote', 'add', 'origin', remote);
  await run('push', '--quiet', 'origin', 'main');
  sha = await run('rev-parse', 'HEAD');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...words: readonly string[]): Promise<string> {
  return git({ folder: root, home: folder, ceiling: folder, environment: {}, now: NOW }, ...words);
}

function commit(message: string): Promise<string> {
  return run('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-am', message);
}

const json = (value: object): FakeAnswer => ({ out: JSON.stringify(value) });
const COLLECTOR = {
  metadata: { uid: 'u1', generation: 4 },
  spec: { template: { spec: { containers: [{ image: 'x@sha256:1' }] } } },
};
const CANARY = SETTINGS.canaryNamespace;
const RECORDER_PODS = json({
  items: [
    {
      metadata: { name: 'recorder-1' },
      status: { phase: 'Running', containerStatuses: [{ ready: true, imageID: `x@${DIGEST}` }] },
    },
  ],
});

/** A cluster with a production collector and a canary namespace that nobody owns. */
const WELL: Answers = [
  ['get serviceaccounts*', json({ items: [{ metadata: { name: 'orderbooks-uploader' } }] })],
  ['get deployments.apps orderbooks-collector*', json(COLLECTOR)],
  [
    `get pods --namespace=${SETTINGS.productionNamespace} *`,
    json({ items: [{ metadata: { name: 'c-1', uid: 'p1' }, status: {} }] }),
  ],
  [`get pods --namespace=${CANARY} *`, RECORDER_PODS],
  [`get namespaces ${CANARY}*`, json({ metadata: { name: CANARY } })],
  ['apply *', { echo: true }],
  ['rollout status *', { out: 'successfully rolled out' }],
  ['patch *', { out: 'patched' }],
  ['get *', { out: '' }],
];

async function deploy(
  answers: Answers,
  options: { readonly gitRef: string; readonly dryRun?: boolean; readonly handOver?: boolean },
) {
  const kubectl = await fakeKubectl(folder, answers);
  const evidence = await deployCanary({
    root,
    remote: 'origin',
    imageDigest: DIGEST,
    handOver: false,
    rolloutTimeoutMs: 1000,
    signal: new AbortController().signal,
    environment: kubectl.environment,
    now: () => NOW,
    tell: () => undefined,
    ...options,
  });
  return { evidence, writes: await writes(kubectl), calls: await kubectl.calls() };
}

async function writes(kubectl: FakeProgram): Promise<readonly string[]> {
  return (await kubectl.calls()).filter(
    (line) => /^(apply|patch|delete|create)/.test(line) && !line.includes('--dry-run=server'),
  );
}

test('applies exactly the scoped set of the pushed commit, on the digest, and proves the collector untouched', async () => {
  const { evidence, writes: written, calls } = await deploy(WELL, { gitRef: sha });
  expect(evidence).toMatchObject({
    gate_status: 'PASS',
    source_commit: sha,
    pushed_as: 'refs/heads/main',
    recorder_pod: 'recorder-1',
    missing_accounts: ['orderbooks-ws-recorder'],
    collector: { unchanged: true, before: { deployment: { generation: 4 } } },
  });
  expect(evidence.image).toContain(`@${DIGEST}`);
  expect(evidence.objects.map(({ object }) => object.replace(/config-\w+/, 'config-HASH'))).toEqual(
    [
      `Namespace ${CANARY}`,
      `ConfigMap ${CANARY}/orderbooks-config-HASH`,
      `PersistentVolumeClaim ${CANARY}/orderbooks-data`,
      `CronJob ${CANARY}/orderbooks-uploader`,
      `Deployment ${CANARY}/orderbooks-ws-recorder`,
    ],
  );
  expect(written).toHaveLength(1);
  expect(calls.filter((line) => line.startsWith('rollout'))).toEqual([
    `rollout status deployment/orderbooks-ws-recorder --namespace=${CANARY} --timeout=1s`,
  ]);
  const file = evidenceFile(root, NOW);
  await writeEvidenceFile(file, evidence);
  expect(file).toMatch(/data\/manifests\/ws_canary_deploy_20261120T120000Z\.json$/);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ kind: 'ws_canary_deploy' });
});

test('a commit that is not pushed, and a tree with changes, are refused before the cluster is asked', async () => {
  await writeFile(join(root, 'settings/settings.env'), '# changed\n', { flag: 'a' });
  const dirty = await deploy(WELL, { gitRef: sha });
  expect(dirty.evidence.error?.code).toBe('TREE_NOT_CLEAN');
  await commit('Release 2');
  const ahead = await deploy(WELL, { gitRef: 'HEAD' });
  expect(ahead.evidence.error?.code).toBe('COMMIT_NOT_PUSHED');
  await run('reset', '--quiet', '--hard', sha);
  expect([...dirty.calls, ...ahead.calls]).toEqual([]);
});

test('a dry run asks the server about the scoped set and writes nothing', async () => {
  const { evidence, writes: written, calls } = await deploy(WELL, { gitRef: 'HEAD', dryRun: true });
  expect(evidence.gate_status).toBe('PASS');
  expect(written).toEqual([]);
  expect(calls.filter((line) => line.includes('--dry-run=server'))).toHaveLength(1);
});

test('what Argo CD owns is left alone, unless the hand-over is asked for; then the way back is told', async () => {
  const owned: Answers = [
    [
      'get applications.argoproj.io *',
      json({ metadata: {}, spec: { syncPolicy: { automated: { selfHeal: true } } } }),
    ],
    ...WELL,
  ];
  const refused = await deploy(owned, { gitRef: sha });
  expect(refused.evidence.error?.code).toBe('ARGOCD_OWNS');
  expect(refused.writes).toEqual([]);
  const taken = await deploy(owned, { gitRef: sha, handOver: true });
  expect(taken.evidence.gate_status).toBe('PASS');
  expect(taken.writes[0]).toContain('patch applications.argoproj.io orderbooks-canary');
  expect(taken.evidence.give_back).toContain(
    '{"spec":{"syncPolicy":{"automated":{"selfHeal":true}}}}',
  );
});

test('a hand-over whose answer was lost tells the way back: the Application may be paused', async () => {
  const owned = json({ metadata: {}, spec: { syncPolicy: { automated: { selfHeal: true } } } });
  const { evidence } = await deploy(
    [
      ['get applications.argoproj.io *', owned],
      ['patch *', { code: 1, error: 'Patch "https://x": unexpected EOF' }],
      ...WELL,
    ],
    { gitRef: sha, handOver: true },
  );
  expect(evidence.error).toMatchObject({ code: 'BROKEN_ANSWER', outcomeUnknown: true });
  expect(evidence.give_back).toContain('{"spec":{"syncPolicy":{"automated":{"selfHeal":true}}}}');
  expect(evidence.error?.message).toContain(evidence.give_back);
});

test('what was written before the server refused the rest stands in the evidence', async () => {
  const written = { kind: 'Namespace', metadata: { name: CANARY } };
  const { evidence } = await deploy(
    [
      // Asked before the dry run, before the change, and after it broke off.
      ['get -f *', { out: '', next: '', last: JSON.stringify({ items: [written] }) }],
      ['apply *--dry-run=server*', { echo: true }],
      ['apply *', { never: 'killed' }],
      ...WELL,
    ],
    { gitRef: sha },
  );
  expect(evidence.error).toMatchObject({ code: 'PROGRAM_KILLED', outcomeUnknown: true });
  expect(evidence.objects).toEqual([{ object: `Namespace ${CANARY}`, change: 'created' }]);
});

test('a recorder that does not start fails the deployment with what its pod says; the collector is still proven', async () => {
  const { evidence } = await deploy(
    [
      ['rollout status *', { code: 1, error: 'error: timed out waiting for the condition' }],
      [
        `get pods --namespace=${CANARY} *`,
        json({
          items: [
            {
              metadata: { name: 'recorder-1' },
              status: {
                phase: 'Pending',
                containerStatuses: [
                  {
                    ready: false,
                    state: { waiting: { reason: 'ImagePullBackOff', message: 'no' } },
                  },
                ],
              },
            },
          ],
        }),
      ],
      ...WELL,
    ],
    { gitRef: sha },
  );
  expect(evidence.gate_status).toBe('FAIL');
  expect(evidence.error?.message).toContain('ImagePullBackOff');
  expect(evidence.collector.unchanged).toBe(true);
});

test('a collector that changed meanwhile fails the deployment', async () => {
  const was = JSON.stringify(COLLECTOR);
  const is = was.replace('"generation":4', '"generation":5');
  const { evidence } = await deploy(
    [['get deployments.apps orderbooks-collector*', { out: was, next: is }], ...WELL],
    { gitRef: sha },
  );
  expect(evidence).toMatchObject({
    gate_status: 'FAIL',
    error: { code: 'COLLECTOR_CHANGED' },
    collector: { unchanged: false },
  });
});

test.each(HOSTILE)(
  '%s while applying is told as %s, with every step that was not started',
  async (_name, code, answer) => {
    // Its dry run passes: the trouble begins with the write.
    const { evidence } = await deploy(
      [['apply *--dry-run=server*', { echo: true }], ['apply *', answer], ...WELL],
      { gitRef: sha },
    );
    expect(evidence.gate_status).toBe('FAIL');
    expect(evidence.error?.code).toBe(code);
    expect(evidence.steps.find(({ name }) => name === 'rollout')?.state).toBe('not started');
    expect(evidence.collector.unchanged).toBe(true);
  },
);
