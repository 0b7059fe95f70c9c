import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { git } from '../../../scripts/git.ts';
import { buildImage } from '../../../scripts/image/build.ts';
import { buildJob, jobName } from '../../../scripts/image/build-job.ts';
import { findImage, type ImageInRegistry } from '../../../scripts/image/registry.ts';
import { type FakeAnswer, fakeKubectl, HOSTILE } from '../deploy/fake-kubectl.ts';

const SIGNAL = new AbortController().signal;
const PLAN = {
  builder: 'buildkit',
  builderImage: 'buildkit:1',
  namespace: 'orderbooks-build',
  repoUrl: 'https://git.example.com/data/orderbooks.git',
  repository: 'registry.example.com/data/orderbooks',
  platforms: ['linux/amd64', 'linux/arm64'],
  buildArguments: ['NODE_IMAGE=mirror/node:1', 'DEBIAN_SNAPSHOT='],
  sbom: false,
  sign: false,
  insecure: false,
  deadlineSeconds: 60,
} as const;

let folder: string;
let root: string;
let sha: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-image-test-'));
  root = join(folder, 'checkout');
  const remote = join(folder, 'remote.git');
  await git(place(folder), 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  await git(place(folder), 'clone', '--quiet', remote, root);
  await git(
    place(root),
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    'Release 1',
  );
  await git(place(root), 'push', '--quiet', 'origin', 'HEAD:main');
  sha = await git(place(root), 'rev-parse', 'HEAD');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function place(at: string) {
  return { folder: at, home: folder, ceiling: folder, environment: {}, now: new Date(0) };
}

const right = (revision: string): ImageInRegistry => ({
  digest: `sha256:${'e'.repeat(64)}`,
  platforms: ['linux/amd64', 'linux/arm64'],
  revision,
});
const ended = (type: string): FakeAnswer => ({
  out: JSON.stringify({ status: { conditions: [{ type, status: 'True', message: 'why' }] } }),
});

async function build(
  answers: readonly (readonly [string, FakeAnswer])[],
  images: readonly (ImageInRegistry | null)[],
) {
  const { environment, calls } = await fakeKubectl(folder, answers);
  let asked = 0;
  const built = await buildImage({
    root,
    gitRef: 'HEAD',
    remote: 'origin',
    plan: PLAN,
    signal: SIGNAL,
    environment,
    tell: () => undefined,
    find: async () => images[Math.min(asked++, images.length - 1)] ?? null,
  });
  return { ...built, calls: await calls() };
}

test('the Job builds the commit from the repository, with its own time, and no privilege or API token', () => {
  const text = JSON.stringify(buildJob({ ...PLAN, commit: 'a'.repeat(40), commitSeconds: 1234 }));
  expect(text).toContain(`--opt=context=${PLAN.repoUrl}#${'a'.repeat(40)}`);
  expect(text).toContain('SOURCE_DATE_EPOCH=1234');
  expect(text).toContain('rewrite-timestamp=true');
  expect(text).toContain('platform=linux/amd64,linux/arm64');
  expect(text).toContain(`name=${PLAN.repository}:${'a'.repeat(40)}`);
  expect(text).toContain('"automountServiceAccountToken":false');
  expect(text).not.toContain('"privileged":true');
});

test('the same commit with the same options is the same Job; other options are another, as a pod cannot be changed', () => {
  const plan = { ...PLAN, commit: 'a'.repeat(40), commitSeconds: 1 };
  expect(jobName(plan)).toBe(jobName({ ...plan }));
  expect(jobName(plan)).toMatch(/^orderbooks-image-buildkit-a{12}-[0-9a-f]{6}$/);
  for (const other of [{ sbom: true }, { repository: 'other/place' }, { buildArguments: [] }]) {
    expect(jobName({ ...plan, ...other })).not.toBe(jobName(plan));
  }
});

test('arguments of the Dockerfile and settings of BuildKit reach the build', () => {
  const plan = { ...PLAN, commit: 'a'.repeat(40), commitSeconds: 1 };
  const text = JSON.stringify(buildJob(plan));
  expect(text).toContain('"--opt=build-arg:NODE_IMAGE=mirror/node:1"');
  expect(text).toContain('"--opt=build-arg:DEBIAN_SNAPSHOT="');
  expect(text).toContain('"configMap":{"name":"orderbooks-buildkitd","optional":true}');
  expect(JSON.stringify(buildJob({ ...plan, builder: 'kaniko' }))).toContain(
    '"--build-arg=NODE_IMAGE=mirror/node:1"',
  );
});

test('credentials reach the Job as references to Secrets, never as values', () => {
  for (const builder of ['buildkit', 'kaniko'] as const) {
    const text = JSON.stringify(
      buildJob({ ...PLAN, builder, commit: 'a'.repeat(40), commitSeconds: 1 }),
    );
    expect(text).toContain(
      '"secretKeyRef":{"name":"orderbooks-git","key":"token","optional":true}',
    );
    expect(text).toContain('"secretName":"orderbooks-registry","optional":true');
  }
});

test('an image is signed once it is pushed, with a key that stands in no argument', () => {
  const plan = { ...PLAN, commit: 'a'.repeat(40), commitSeconds: 1 };
  for (const builder of ['buildkit', 'kaniko'] as const) {
    const { initContainers, containers } = podOf(buildJob({ ...plan, builder, sign: true }));
    expect(initContainers?.map(({ name }) => name)).toEqual(['build']);
    expect(containers.map(({ name }) => name)).toEqual(['sign']);
    expect(containers[0]?.args?.at(-1)).toBe(`${PLAN.repository}:${plan.commit}`);
    expect(JSON.stringify(containers)).toContain('"secretKeyRef":{"name":"orderbooks-cosign"');
  }
  expect(podOf(buildJob(plan)).initContainers).toBeUndefined();
});

interface Pod {
  readonly initContainers?: readonly { readonly name: string }[];
  readonly containers: readonly { readonly name: string; readonly args?: readonly string[] }[];
}

function podOf(job: object): Pod {
  return (job as { spec: { template: { spec: Pod } } }).spec.template.spec;
}

test('an image that is there is not built again, and its digest is told', async () => {
  const { result, image, calls } = await build([], [right(sha)]);
  expect(result.ok).toBe(true);
  expect(image).toBe(`${PLAN.repository}:${sha}@sha256:${'e'.repeat(64)}`);
  expect(calls).toEqual([]);
});

test('a build that ends well brings the image; one that fails brings the end of its log', async () => {
  const apply = [
    ['get -f*', { out: '' }],
    ['apply *', { echo: true }],
  ] as const;
  const well = await build([['get jobs.batch*', ended('Complete')], ...apply], [null, right(sha)]);
  expect(well.result.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'commit done',
    'registry done',
    'build changed',
    'digest done',
  ]);
  const broken = await build(
    [['get jobs.batch*', ended('Failed')], ['logs *', { out: 'npm error' }], ...apply],
    [null],
  );
  expect(broken.result.error?.code).toBe('BUILD_FAILED');
  expect(broken.result.error?.message).toContain('npm error');
  expect(broken.image).toBeNull();
});

test('a registry without TLS is asked without TLS, where that was said', async () => {
  const asked: unknown[] = [];
  await buildImage({
    root,
    gitRef: 'HEAD',
    remote: 'origin',
    plan: { ...PLAN, insecure: true },
    signal: SIGNAL,
    tell: () => undefined,
    find: async (_repository, _reference, { insecure }) => {
      asked.push(insecure);
      return right(sha);
    },
  });
  expect(asked).toEqual([true]);
});

test('an image of another commit, or without a wanted platform, is refused', async () => {
  const other = await build([], [right('f'.repeat(40))]);
  expect(other.result.error?.code).toBe('IMAGE_WRONG');
  const lacking = await build([], [{ ...right(sha), platforms: ['linux/amd64'] }]);
  expect(lacking.result.error?.message).toContain('none for linux/arm64');
});

test.each(HOSTILE)('%s while the Job is made is told as %s', async (_name, code, answer) => {
  const { result } = await build([['*', answer]], [null]);
  expect(result.error?.code).toBe(code);
  expect(result.steps.at(-1)).toMatchObject({ name: 'digest', state: 'not started' });
});

let server: Server | undefined;
afterEach(async () => {
  const open = server;
  server = undefined;
  if (open === undefined) return;
  open.closeAllConnections();
  await new Promise((resolve) => open.close(resolve));
});

/** A registry that answers each path with a status and a text. */
async function registry(
  answers: Readonly<Record<string, readonly [status: number, text: string]>>,
): Promise<string> {
  const started = createServer((request, response) => {
    const [status, text] = answers[request.url ?? ''] ?? [404, ''];
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    response.writeHead(status, { 'docker-content-digest': digest }).end(text);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(started.address() as AddressInfo).port}/data/orderbooks`;
}

const INDEX = JSON.stringify({
  manifests: [
    { digest: 'sha256:m1', platform: { os: 'linux', architecture: 'amd64' } },
    { digest: 'sha256:m2', platform: { os: 'linux', architecture: 'arm64' } },
    { digest: 'sha256:a1', platform: { os: 'unknown', architecture: 'unknown' } },
  ],
});

test('an index tells its platforms without its attestations, and the revision of its image', async () => {
  const repository = await registry({
    '/v2/data/orderbooks/manifests/v1': [200, INDEX],
    '/v2/data/orderbooks/manifests/sha256:m1': [
      200,
      JSON.stringify({ config: { digest: 'sha256:c1' } }),
    ],
    '/v2/data/orderbooks/blobs/sha256:c1': [
      200,
      JSON.stringify({ config: { Labels: { 'org.opencontainers.image.revision': 'abc' } } }),
    ],
  });
  expect(await findImage(repository, 'v1', { signal: SIGNAL, credentials: {} })).toEqual({
    digest: `sha256:${createHash('sha256').update(INDEX).digest('hex')}`,
    platforms: ['linux/amd64', 'linux/arm64'],
    revision: 'abc',
  });
  expect(await findImage(repository, 'v2', { signal: SIGNAL, credentials: {} })).toBeNull();
});

test.each([
  [401, 'denied', 'REGISTRY_REFUSED', 'docker login'],
  [429, 'slow down', 'REGISTRY_REFUSED', 'limits requests'],
  [500, 'boom', 'REGISTRY_REFUSED', 'status 500'],
  [200, '{"manifests": [', 'REGISTRY_ANSWER_INVALID', 'is this a registry'],
])(
  'a registry that answers %i is told, without its credentials',
  async (status, text, code, words) => {
    const repository = await registry({ '/v2/data/orderbooks/manifests/v1': [status, text] });
    const secret = Buffer.from('ann:TopSecret').toString('base64');
    const credentials = { [repository.split('/')[0] ?? '']: secret };
    const error = await findImage(repository, 'v1', { signal: SIGNAL, credentials }).catch(
      (one) => one,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(`${error.message}${error.stack}`).not.toMatch(/TopSecret|YW5uOlRvcFNlY3JldA/);
  },
);
