import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pullSecrets } from '../../../scripts/bootstrap/objects.ts';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { readSettings } from '../../../scripts/settings/settings.ts';
import { type FakePrograms, fakePrograms } from '../cluster/fake-programs.ts';
import { type FakeForge, startForge } from './fake-forge.ts';

// Invariant 6 for bootstrap: marked secrets are planted wherever one is taken, and searched for everywhere.

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const KEY = Buffer.alloc(32, 9).toString('base64');
const SECRETS = {
  registry: 'marked/registry"pass+1',
  git: 'marked-git-token-2',
  forge: 'marked-forge-token-3',
  rclone: '[remote]\ntype = s3\nsecret_access_key = marked-rclone-key-4\n',
  kubeconfig: 'users:\n- user: {token: marked-kubeconfig-token-5}\n',
  runner: 'marked-runner-token-6',
};
const MARKS = /marked[-/_]\w+/;
const BASE64_OF_MARKS = Object.values(SECRETS).map((one) =>
  Buffer.from(one.trim()).toString('base64').slice(0, 24),
);

let fakes: FakePrograms;
let forge: FakeForge;
beforeEach(async () => {
  fakes = await fakePrograms();
  await fakes.watch();
});
afterEach(async () => {
  await forge.close();
  await fakes.remove();
});

describe('a secret given to bootstrap', () => {
  it.each(['github', 'forgejo'] as const)(
    'is nowhere but in the cluster and at %s',
    async (kind) => {
      forge = await startForge(KEY);
      const { code, text } = await bootstrap(kind);
      expect(text).toContain('secret KUBECONFIG_B64 created');
      expect(code).toBe(0);
      await expectNowhere(text);
      // It did arrive: otherwise nothing was tried.
      const applied = await readFile(join(fakes.folder, 'state/applied'), 'utf8');
      expect(applied).toContain(Buffer.from(SECRETS.rclone.trim()).toString('base64').slice(0, 24));
      const put = forge.requests.find(({ line }) => line.endsWith('secrets/KUBECONFIG_B64'));
      const plain = Buffer.from(SECRETS.kubeconfig.trim()).toString('base64').slice(0, 24);
      expect(put?.body.includes(plain)).toBe(kind === 'forgejo');
    },
  );

  it('is not in the message when kubectl repeats its input', async () => {
    forge = await startForge(KEY);
    await fakes.fail('apply --server-side', 'error: strict decoding error in:');
    const { code, text } = await bootstrap('github', ['--json']);
    expect(code).toBe(1);
    expect(text).toContain('not started');
    await expectNowhere(text);
  });

  it('is in no message when kubectl repeats a Secret that was made from it', async () => {
    forge = await startForge(KEY);
    const settings = await readSettings(ROOT);
    const objects = pullSecrets(settings, { username: 'bot', password: SECRETS.registry });
    const kubectl = new Kubectl({ environment: fakes.environment });
    for (const call of ['apply --server-side', 'get -f -']) {
      await fakes.fail(call, '');
      const error = await kubectl.apply(objects).catch((one: unknown) => one);
      expect(String(error)).toContain('ServiceAccount');
      expect(String(error)).not.toMatch(MARKS);
      expect(decoded(String(error))).not.toMatch(/marked/);
    }
  });

  it('is not in the message when the forge refuses it and repeats it', async () => {
    forge = await startForge(KEY, (line) => (line.startsWith('PUT') ? 500 : null));
    const { code, text } = await bootstrap('forgejo');
    expect(code).toBe(1);
    expect(text).toContain('actions: FORGE_FAILED');
    await expectNowhere(text);
  });

  it('is refused as an argument, and not repeated', async () => {
    forge = await startForge(KEY);
    const tries = [
      ['--git-username', 'bot', '--git-password', 'marked-argument'],
      ['--git-pasword=marked-argument'],
      ['--rclone', 'marked-argument'],
      ['marked-argument'],
    ];
    for (const { code, text } of await Promise.all(tries.map(run))) {
      expect(code).toBe(2);
      expect(text).not.toMatch(MARKS);
    }
  });
});

async function bootstrap(kind: 'github' | 'forgejo', more: readonly string[] = []) {
  const file = async (name: string, text: string) => {
    const path = join(fakes.folder, name);
    await writeFile(path, text);
    return `file:${path}`;
  };
  return run([
    ...['--registry-username', 'bot', '--registry-password', 'env:REGISTRY_SECRET'],
    ...['--git-username', 'bot', '--git-password', 'env:GIT_SECRET'],
    ...['--runner-token', 'env:RUNNER_SECRET'],
    ...['--rclone-conf', await file('given-rclone', SECRETS.rclone)],
    ...['--forge', kind, '--forge-url', forge.base, '--repository', 'data/orderbooks'],
    ...['--forge-token', 'env:FORGE_SECRET', '--create-repository'],
    ...['--ci-kubeconfig', await file('given-kubeconfig', SECRETS.kubeconfig)],
    ...more,
  ]);
}

async function run(words: readonly string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(
    join(ROOT, 'node_modules/.bin/node'),
    [join(ROOT, 'scripts/bootstrap/main.ts'), ...words],
    {
      cwd: fakes.folder,
      env: {
        ...fakes.environment,
        REGISTRY_SECRET: SECRETS.registry,
        GIT_SECRET: SECRETS.git,
        FORGE_SECRET: SECRETS.forge,
        RUNNER_SECRET: SECRETS.runner,
      },
    },
  );
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  child.stderr.on('data', (piece) => {
    text += piece;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, text };
}

/** Output, arguments and environment of every program that was started, its parent's, and every file that was left. */
async function expectNowhere(text: string): Promise<void> {
  const names = await readdir(fakes.folder, { recursive: true, withFileTypes: true });
  // What the cluster keeps, and what was given.
  const stored = /^(applied|set-[\d-]+|given-rclone|given-kubeconfig)$/;
  const files = names.filter((one) => one.isFile() && !stored.test(one.name));
  expect(files.map(({ name }) => name)).toContain('seen');
  const places = new Map([['output', text]]);
  for (const one of files) {
    places.set(one.name, await readFile(join(one.parentPath, one.name), 'utf8'));
  }
  for (const [place, content] of places) {
    expect(content, place).not.toMatch(MARKS);
    for (const form of BASE64_OF_MARKS) expect(content, place).not.toContain(form);
    expect(decoded(content), place).not.toMatch(/marked/);
  }
}

/** Whatever in a text may be base64, and base64 in that, such as the login in a registry's configuration; at each of its four beginnings. */
function decoded(text: string, depth = 2): string {
  const found = text.match(/[A-Za-z0-9+/_-]{8,}={0,2}/g) ?? [];
  return found
    .flatMap((one) => [0, 1, 2, 3].map((from) => one.slice(from)))
    .map((one) => Buffer.from(one, 'base64').toString('latin1'))
    .map((one) => (depth === 1 ? one : one + decoded(one, depth - 1)))
    .join('\n');
}
