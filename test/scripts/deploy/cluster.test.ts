import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { deployLocal } from '../../../scripts/deploy/deploy.ts';
import { buildImage, createCluster, runTool } from '../../../scripts/deploy/tool.ts';

const ROOT = join(import.meta.dirname, '../../..');
const { signal } = new AbortController();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-cluster-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Programs of the shell first on PATH, each of which writes its command lines down. */
async function programs(scripts: Readonly<Record<string, string>>): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, text] of Object.entries(scripts)) {
    const script = `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${folder}/calls'\n${text}\n`;
    await writeFile(join(bin, name), script);
    await chmod(join(bin, name), 0o755);
  }
  return { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
}

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');

function deploy(environment: NodeJS.ProcessEnv, dryRun: boolean) {
  return deployLocal({
    root: ROOT,
    tool: 'kind',
    create: true,
    kubeconfig: join(folder, 'kubeconfig'),
    buildArguments: [],
    dryRun,
    rolloutTimeoutMs: 1000,
    signal,
    environment,
    tell: () => undefined,
    verify: () => Promise.resolve('well'),
  });
}

test('an interrupted creation is removed, because its nodes would look like a cluster the next time', async () => {
  const stop = new AbortController();
  const environment = await programs({
    // Ends as kind does when it is told to, which is without removing its nodes.
    kind: `case "$1" in create) echo begun > '${folder}/begun'; exec sleep 60;; esac`,
  });
  const made = createCluster('kind', { signal: stop.signal, environment });
  const refused = expect(made).rejects.toMatchObject({
    code: 'INTERRUPTED',
    message: expect.stringContaining('what was made of it is removed'),
  });
  await expect
    .poll(() => readFile(join(folder, 'begun'), 'utf8').catch(() => ''), { timeout: 20_000 })
    .toContain('begun');
  stop.abort(new OrderbooksError('INTERRUPTED', 'SIGINT'));
  await refused;
  expect((await calls()).at(-1)).toBe('kind delete cluster --name=orderbooks');
});

test.each([
  ['Error: context was not found', 'context was not found'],
  ['an error on the server ("[+]ping ok\\n[-]etcd failed: reason withheld")', 'not ready: etcd;'],
])('a cluster of our name that says %j is not taken for a good one', async (said, seen) => {
  const environment = await programs({
    kind: 'echo orderbooks',
    kubectl: `printf '%s' '${said}' >&2; exit 1`,
  });
  const { error } = await deploy(environment, false);
  expect(error).toMatchObject({
    code: 'CLUSTER_BROKEN',
    message: expect.stringMatching(`${seen}.*npm run cleanup:local -- --cluster kind`),
  });
});

test('a dry run that would make the cluster asks nothing of it', async () => {
  const environment = await programs({ kind: 'exit 0', kubectl: 'exit 1', docker: 'exit 1' });
  const result = await deploy(environment, true);
  expect(result.error).toBeUndefined();
  expect(result.steps.find(({ name }) => name === 'objects')?.state).toBe('would change');
  expect((await calls()).filter((line) => !line.includes('kustomize'))).toEqual([
    'kind get clusters',
  ]);
});

test('what is built is named after what it holds, so that pods of an older build are replaced', async () => {
  const environment = await programs({
    docker: `case "$1" in build) echo "sha256:$(printf 'ab%.0s' $(seq 32))";; esac`,
  });
  const built = await buildImage(ROOT, 'orderbooks:local', ['REVISION=1'], { signal, environment });
  expect(built).toBe('orderbooks:local-abababababab');
  expect((await calls()).at(-1)).toMatch(
    /^docker tag sha256:(ab){32} orderbooks:local-abababababab$/,
  );
});

test.each([
  [
    'Sending build context to Docker daemon  1MB\nGet "https://registry-1.docker.io/v2/": dial tcp: i/o timeout',
    '--build-arg NODE_IMAGE',
  ],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'docker info',
  ],
  ['write /blob: no space left on device', 'docker system df'],
])('what docker says (%#) comes with what to do', async (said, advice) => {
  const environment = await programs({ docker: `cat >&2 <<'END'\n${said}\nEND\nexit 1` });
  const asked = runTool('docker', ['build'], { signal, environment }, 10_000);
  await expect(asked).rejects.toMatchObject({
    code: 'PROGRAM_FAILED',
    message: expect.stringContaining(advice),
  });
});

test('of a failure that ends with a stack, the lines about it are told', async () => {
  const stack = Array.from({ length: 12 }, (_, n) => `main.call${n}\n\t/go/src/main.go:${n}`);
  const said = ['ERROR: failed to create cluster', 'timed out waiting for the node', ...stack];
  const environment = await programs({ kind: `cat >&2 <<'END'\n${said.join('\n')}\nEND\nexit 1` });
  const error = await runTool('kind', ['create'], { signal, environment }, 10_000).catch(String);
  expect(error).toContain('failed to create cluster\ntimed out waiting for the node');
  expect(error).not.toContain('main.call');
});

test('a tool that is not there is named with where to get it', async () => {
  const environment = { ...process.env, PATH: folder };
  await expect(runTool('kind', [], { signal, environment }, 10_000)).rejects.toMatchObject({
    code: 'PROGRAM_MISSING',
    message: expect.stringContaining('https://kind.sigs.k8s.io'),
  });
});
