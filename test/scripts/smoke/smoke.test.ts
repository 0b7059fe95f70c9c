import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { collectDiagnostics } from '../../../scripts/smoke/diagnostics.ts';
import { makeCluster, startServices } from '../../../scripts/smoke/machine.ts';
import { buildCommand } from '../../../scripts/smoke/smoke.ts';
import { follow, printCluster } from '../../../scripts/smoke/watching.ts';
import { fakeKubectl } from '../deploy/fake-kubectl.ts';

const { signal } = new AbortController();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoke-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Programs that write down how they were called; `docker network` tells of loopback as the gateway. */
async function programs(): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, 'programs');
  await mkdir(bin, { recursive: true });
  const answers = {
    kind: 'case "$*" in "get nodes"*) echo node-1; echo node-2;; esac',
    k3d: '',
    docker: `case "$1" in network) echo '[{"IPAM":{"Config":[{"Gateway":"fc00::1"},{"Gateway":"127.0.0.1"}]}}]';; esac`,
    rclone: 'exit 3',
  };
  for (const [name, text] of Object.entries(answers)) {
    const script = `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${folder}/calls'\n${text}\n`;
    await writeFile(join(bin, name), script);
    await chmod(join(bin, name), 0o755);
  }
  return { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
}

const calls = () => readFile(join(folder, 'calls'), 'utf8');

describe('the cluster of a smoke test', () => {
  it('pulls from the registry without TLS on every node of kind, and by a mirror of k3d', async () => {
    const environment = await programs();
    await makeCluster('kind', folder, { signal, environment });
    const made = await calls();
    for (const node of ['node-1', 'node-2']) {
      expect(made).toMatch(new RegExp(`docker exec ${node} .*certs.d/registry.local:5000`));
    }
    await makeCluster('k3d', folder, { signal, environment });
    const file = JSON.parse(await readFile(join(folder, 'registries.yaml'), 'utf8'));
    expect(file.mirrors['registry.local:5000'].endpoint).toEqual(['http://registry.local:5000']);
  });

  it('has no services where the remote cannot be served, and says why', async () => {
    const environment = await programs();
    const services = startServices('kind', folder, { signal, environment });
    await expect(services).rejects.toMatchObject({
      code: 'PROGRAM_FAILED',
      message: expect.stringContaining('exit code 3'),
    });
  });
});

describe('the images of a smoke test', () => {
  it('are built with the values that were given, each one word whatever it holds', async () => {
    const { PATH } = await programs();
    const values = ['NODE_IMAGE=mirror.example/node', "NOTE=it's $HOME; two words"];
    const env = { PATH, IMAGE: 'here/orderbooks:1', REVISION: 'abc' };
    expect(spawnSync('sh', ['-c', buildCommand(values)], { env }).status).toBe(0);
    const [build, push] = (await calls()).split('\n');
    expect(build).toBe(
      `docker build --build-arg ${values[0]} --build-arg ${values[1]} --build-arg REVISION=abc --tag here/orderbooks:1 .`,
    );
    expect(push).toBe('docker push here/orderbooks:1');
  });
});

describe('while a smoke test waits', () => {
  it('it prints the pods that are not ready and the newest events', async () => {
    const { environment } = await fakeKubectl(folder, [
      [
        'get pods *',
        {
          out: 'kargo api-1 1/1 Running 0 1m\nargocd repo-1 0/1 Pending 0 1m\na job-1 0/1 Completed 0 1m\n',
        },
      ],
      ['get events *', { out: 'argocd 5s Warning FailedScheduling pod/repo-1 no node\n' }],
    ]);
    const told: string[] = [];
    await printCluster(new Kubectl({ environment }), { write: (text) => told.push(text) });
    const text = told.join('');
    expect(text).toContain('3 pods, not ready: 1');
    expect(text).toContain('argocd repo-1 0/1 Pending');
    expect(text).not.toContain('api-1');
    expect(text).toContain('FailedScheduling');
  });

  it('an event is printed once, however old it gets', async () => {
    const told: string[] = [];
    const printed = new Set<string>();
    for (const age of ['5s', '25s']) {
      const events = `argocd ${age} Warning BackOff pod/repo-1 again\nargocd ${age} Normal At${age} pod/repo-1 x\n`;
      const kubectl = {
        answer: async ([, what]: readonly string[]) => ({
          code: 0,
          out: what === 'events' ? events : '',
          error: '',
        }),
      };
      await printCluster(kubectl, { write: (text) => told.push(text) }, printed);
    }
    expect(told[0]).toContain('BackOff');
    expect(told[1]).not.toContain('BackOff');
    expect(told[1]).toContain('At25s');
  });

  it('a command that takes too long is ended and named', async () => {
    const { environment } = await fakeKubectl(folder, []);
    const endless = join(folder, 'endless.mjs');
    await writeFile(endless, 'setInterval(() => undefined, 1000);');
    const followed = follow({
      words: [endless],
      timeoutMs: 300,
      kubectl: new Kubectl({ environment }),
      signal,
      stream: process.stderr,
    });
    await expect(followed).rejects.toMatchObject({ code: 'SMOKE_TOO_SLOW' });
  });
});

it('diagnostics hold what the cluster answers, or why it does not, and never a Secret', async () => {
  const pod = { metadata: { name: 'api-1', namespace: 'kargo' } };
  const { environment, calls: asked } = await fakeKubectl(folder, [
    ['get pods *--output=json*', { out: JSON.stringify({ items: [pod] }) }],
    ['get stages*', { code: 1, error: 'the server is gone' }],
    ['*', { out: 'something' }],
  ]);
  const output = join(folder, 'diagnostics');
  const files = await collectDiagnostics(new Kubectl({ environment }), output);
  expect(files).toContain('log-kargo-api-1.txt');
  const stages = await readFile(join(output, 'stages.kargo.akuity.io.yaml'), 'utf8');
  expect(stages).toContain('the server is gone');
  expect((await asked()).filter((line) => /secret/i.test(line))).toEqual([]);
});
