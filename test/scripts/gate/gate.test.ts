import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidence } from '../../../runtime/gates/evidence.ts';
import { FakeApiServer } from '../../runtime/gates/kubernetes/fake-api-server.ts';
import { World } from '../../runtime/gates/world.ts';
import { SETTINGS } from '../../settings.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/gate/main.ts', import.meta.url));

let api: FakeApiServer;
let folder: string;

beforeEach(async () => {
  const world = new World();
  world.time = Date.now();
  api = new FakeApiServer(world);
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-gate-'));
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig(await api.start()));
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

describe('npm run gate', () => {
  it('with --dry-run says what it would judge and touch, and only asked what was promoted', async () => {
    const { code, stderr } = await gate('ws-smoke', '--dry-run', '--wait=900s');
    expect(code).toBe(0);
    expect(stderr).toContain(`judged: ${'sha256:'}${'a'.repeat(64)} of commit ${'c'.repeat(40)}`);
    expect(stderr).toContain('deadline 15m');
    expect(stderr).toContain('the recorder pod is deleted');
    expect(stderr).toContain('writes no ConfigMap');
    expect(api.requests.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual(['get stages']);
  });

  it('names each missing permission before anything is touched, and keeps evidence', async () => {
    api.denied = new Set(['delete pods', 'get pods/proxy', 'get applications']);
    const { code, stderr } = await gate('ws-smoke');
    expect(code).toBe(3);
    for (const missing of [
      `delete pods in namespace ${SETTINGS.canaryNamespace}`,
      `get pods/proxy in namespace ${SETTINGS.canaryNamespace}`,
      'get applications.argoproj.io in namespace argocd',
    ]) {
      expect(stderr).toContain(missing);
    }
    const touched = api.requests.filter(
      ({ verb, resource }) => verb !== 'get' && resource !== 'selfsubjectaccessreviews',
    );
    expect(touched).toEqual([]);
    const document = evidence.parse(
      JSON.parse(await readFile(join(folder, 'evidence.json'), 'utf8')),
    );
    expect(document).toMatchObject({
      verdict: 'ERROR',
      reason: expect.stringMatching(/nothing was touched.*delete pods/),
    });
  });

  it('refuses a gate and a policy that cannot be followed before it connects for them', async () => {
    const { code, stderr } = await gate('ws-smok', '--wait=1s');
    expect(code).toBe(2);
    expect(stderr).toContain('expected one of collector-smoke, ws-smoke, ws-reliability');
    expect(api.requests.every(({ resource }) => resource === 'stages')).toBe(true);
  });

  it('says what to do where nothing was promoted', async () => {
    api.world.change.promotion = () => null;
    const { code, stderr } = await gate('ws-smoke');
    expect(code).toBe(2);
    expect(stderr).toContain('give --image-digest and --commit');
  });
});

async function gate(...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      ...args,
      `--kubeconfig=${join(folder, 'kubeconfig')}`,
      '--context=fake',
      `--evidence=${join(folder, 'evidence.json')}`,
    ],
    { env: { PATH: process.env['PATH'] } },
  );
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.resume();
  const [code] = await once(child, 'close');
  return { code, stderr };
}
