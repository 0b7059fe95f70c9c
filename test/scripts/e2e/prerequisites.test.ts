import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../../../scripts/cluster/program.ts';
import { examine, requireAll } from '../../../scripts/e2e/prerequisites.ts';
import { git } from '../../../scripts/git.ts';
import { SETTINGS } from '../../settings.ts';
import { FakeKubectl } from './fake-kubectl.ts';

const NAMESPACE = SETTINGS.productionNamespace;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const OK: Answer = { code: 0, out: '', error: '' };
const GOOD: Readonly<Record<string, Answer>> = {
  'get --raw /version': {
    ...OK,
    out: JSON.stringify({ gitVersion: 'v1.34.3', major: '1', minor: '34' }),
  },
  'get customresourcedefinition': {
    ...OK,
    out: JSON.stringify({
      metadata: { name: 'any' },
      spec: { versions: [{ name: 'v1alpha1', served: true }] },
    }),
  },
  'get deployments.apps': { ...OK, out: JSON.stringify({ items: [] }) },
  'auth can-i': { ...OK, out: 'yes\n' },
  'get storageclasses': {
    ...OK,
    out: JSON.stringify({
      items: [
        {
          metadata: {
            name: 'fast',
            annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
          },
        },
      ],
    }),
  },
};

/** What is wrong with a cluster that answers so; the repository is empty and nothing listens as registry. */
async function wrongWith(answers: Readonly<Record<string, Answer>>): Promise<readonly string[]> {
  const repository = join(folder, 'forge.git');
  const place = { folder, home: folder, ceiling: folder, environment: {}, now: new Date(0) };
  await git(place, 'init', '--quiet', '--bare', repository);
  const findings = await examine(new FakeKubectl({ ...GOOD, ...answers }), {
    pushUrl: repository,
    imageRepository: '127.0.0.1:1/orderbooks',
    folder,
    signal: new AbortController().signal,
  });
  return findings
    .filter(({ advice, what }) => advice !== undefined && what !== 'registry 127.0.0.1:1')
    .map(({ what, seen }) => `${what}: ${seen}`);
}

test('a cluster with everything that is needed has nothing wrong', async () => {
  expect(await wrongWith({})).toEqual([]);
});

test('an old Kubernetes is named with its version', async () => {
  const out = JSON.stringify({ gitVersion: 'v1.29.9', major: '1', minor: '29+' });
  expect(await wrongWith({ 'get --raw /version': { ...OK, out } })).toEqual([
    'Kubernetes: v1.29.9',
  ]);
});

test('kinds that are not served are named with what to install', async () => {
  const wrong = await wrongWith({ 'get customresourcedefinition stages.kargo': OK });
  expect(wrong).toEqual(['kinds of Kargo: not served: stages.kargo.akuity.io/v1alpha1']);
});

test('missing rights are named verb by verb', async () => {
  const wrong = await wrongWith({
    'auth can-i promote stages.kargo.akuity.io': { code: 1, out: 'no\n', error: '' },
  });
  expect(wrong).toEqual([`rights: missing: promote stages.kargo.akuity.io in ${SETTINGS.project}`]);
});

test('an installation that no run made is never taken over', async () => {
  const out = JSON.stringify({ metadata: { name: NAMESPACE } });
  const wrong = await wrongWith({ [`get namespace ${NAMESPACE} `]: { ...OK, out } });
  expect(wrong).toEqual([`the bundle on this cluster: there already: namespace ${NAMESPACE}`]);
});

test('what an earlier run left is told from an installation', async () => {
  const out = JSON.stringify({
    metadata: { name: NAMESPACE, annotations: { 'orderbooks-e2e': '20261121t100000' } },
  });
  const wrong = await wrongWith({ [`get namespace ${NAMESPACE} `]: { ...OK, out } });
  expect(wrong).toEqual([
    `the bundle on this cluster: left by an earlier run: namespace ${NAMESPACE}`,
  ]);
});

test('a cluster without storage for two claims is refused', async () => {
  const wrong = await wrongWith({
    'get storageclasses': { ...OK, out: JSON.stringify({ items: [] }) },
    'get persistentvolumes': {
      ...OK,
      out: JSON.stringify({ items: [{ status: { phase: 'Available' } }] }),
    },
  });
  expect(wrong).toEqual(['storage: no default StorageClass; 1 PersistentVolumes are available']);
});

test('all that is missing is said at once, with what to do', () => {
  expect(() =>
    requireAll([
      { what: 'a', seen: 'good' },
      { what: 'b', seen: 'bad', advice: 'do this' },
      { what: 'c', seen: 'worse', advice: 'do that' },
    ]),
  ).toThrow('2 things are missing, nothing was touched:\n- b: bad; do this\n- c: worse; do that');
});
