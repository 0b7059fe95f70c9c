import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeSettings, readSettings, SETTINGS_FILE } from '../../../scripts/settings/settings.ts';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { renderText } from '../../manifests/render.ts';
import { copyManifests } from '../../manifests/tree.ts';
import { SETTINGS } from '../../settings.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/settings/main.ts', import.meta.url));
const NEW = {
  repoURL: 'https://forge.test/team/books.git',
  imageRepository: 'images.test:5000/team/books',
  browseURL: 'https://forge.test/team/books/tree',
};
let tree: Awaited<ReturnType<typeof copyManifests>>;

beforeEach(async () => {
  tree = await copyManifests();
});
afterEach(() => tree.remove());

const settings = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, '--root', tree.root, ...args], { encoding: 'utf8' });
const file = () => readFile(join(tree.root, SETTINGS_FILE), 'utf8');

describe('npm run settings', () => {
  it('changes every manifest at once: no old value is left anywhere', async () => {
    const old = await readSettings(tree.root);
    const before = [renderText('kargo', tree.root), renderText('argocd', tree.root)].join('\n');
    const run = settings(
      ...['--repo-url', NEW.repoURL, '--image', NEW.imageRepository, '--browse-url', NEW.browseURL],
    );
    expect(run.status, run.stderr).toBe(0);
    expect(await readSettings(tree.root)).toEqual({ ...old, ...NEW });
    const after = [renderText('kargo', tree.root), renderText('argocd', tree.root)].join('\n');
    const count = (text: string, value: string) => text.split(value).length - 1;
    for (const name of ['repoURL', 'imageRepository', 'browseURL'] as const) {
      expect(count(before, old[name]), name).toBeGreaterThan(0);
      expect(count(after, old[name]), name).toBe(0);
      expect(count(after, NEW[name]), name).toBe(count(before, old[name]));
    }
    // Nothing else that only the old forge could have.
    expect(after).not.toMatch(/(git|registry)\.example\.com/);
    // And nothing but these values changed.
    let renamed = before;
    for (const name of ['browseURL', 'repoURL', 'imageRepository'] as const) {
      renamed = renamed.replaceAll(old[name], NEW[name]);
    }
    const folded = (text: string) => text.replace(/\s+/g, ' ');
    expect(folded(after)).toBe(folded(renamed));
  });

  it('prints what is set, and leaves it as it is', async () => {
    const before = await file();
    const run = settings();
    expect(run.status).toBe(0);
    expect(run.stdout).toBe(before);
    expect(await file()).toBe(before);
  });

  it.each([
    ['--repo-url', 'git@forge.test:team/books.git', 'repoURL'],
    ['--repo-url', 'https://forge.test/team/books/', 'repoURL'],
    ['--image', 'https://images.test/books', 'imageRepository'],
    ['--image', 'images.test/books:latest', 'imageRepository'],
    ['--image', 'images.test/Books', 'imageRepository'],
    ['--browse-url', 'forge.test', 'browseURL'],
  ])('refuses %s %s and writes nothing', async (option, value, name) => {
    const before = await file();
    const run = settings(option, value);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(new RegExp(`^settings: SETTINGS_INVALID: .*${name}: expected`));
    expect(await file()).toBe(before);
  });

  it('says what is missing or unknown in the file', async () => {
    await writeFile(
      join(tree.root, SETTINGS_FILE),
      'repoURL=https://forge.test/a/b.git\nimage=x\n',
    );
    expect(settings().stderr).toMatch(/imageRepository: .*browseURL: .*Unrecognized key: "image"/);
    await rm(join(tree.root, SETTINGS_FILE));
    expect(settings().status).toBe(2);
  });

  it('refuses an unknown option with code 2', () => {
    expect(settings('--projekt', 'x').status).toBe(2);
  });

  it('gives Project and namespaces other names in every manifest, and takes them back', async () => {
    const { project, canaryNamespace, productionNamespace } = SETTINGS;
    const before = await everyManifest();
    const run = settings(...FLAGS);
    expect(run.status, run.stderr).toBe(0);
    const after = await everyManifest();
    await changeSettings(tree.root, RENAMED);
    expect(await everyManifest(), 'a second time').toEqual(after);
    const { findings } = await validateBundle(tree.root);
    // Not every path of the repository is in this copy.
    expect(findings.filter(({ rule }) => rule !== 'orderbooks/unknown-path')).toEqual([]);
    const renders = ['kargo', 'argocd', 'gitops/overlays/canary', 'gitops/overlays/full']
      .map((folder) => renderText(folder, tree.root))
      .join('\n');
    const namespaces = [...renders.matchAll(/namespace(?:: |=| == ')([a-z-]+)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(namespaces)).toEqual(
      new Set(['renamed', 'renamed-canary', 'renamed-delivery', 'argocd']),
    );
    expect(renders).toContain('system:serviceaccount:renamed-delivery:orderbooks-verifier');
    expect(renders).toContain('kargo.akuity.io/authorized-stage: renamed-delivery:full');
    expect(renders).toContain('/Namespace/renamed-canary');
    // Of other things with the same names, none changed.
    expect(renders).toMatch(/kind: Warehouse\nmetadata:\n {2}name: orderbooks\n/);
    expect(renders).toMatch(/kind: Application\nmetadata:[\s\S]*?\n {2}name: orderbooks-canary\n/);
    await changeSettings(tree.root, { project, canaryNamespace, productionNamespace });
    expect(await everyManifest()).toEqual(before);
  }, 120_000);

  it.each([
    ['project', 'Acme'],
    ['project', SETTINGS.productionNamespace],
    ['canaryNamespace', 'argocd'],
    ['productionNamespace', 'kube-system'],
  ])('refuses %s %s and writes nothing', async (name, value) => {
    const before = await everyManifest();
    await expect(changeSettings(tree.root, { [name]: value })).rejects.toThrow(
      new RegExp(`(project|${name}): expected`),
    );
    expect(await everyManifest()).toEqual(before);
  });

  it('brings manifests in line with names that somebody wrote into the file by hand', async () => {
    const text = await file();
    await writeFile(
      join(tree.root, SETTINGS_FILE),
      text.replace(`project=${SETTINGS.project}`, 'project=renamed-delivery'),
    );
    await changeSettings(tree.root, { project: 'renamed-delivery' });
    expect(renderText('kargo', tree.root)).toContain('namespace: renamed-delivery');
  });
});

const RENAMED = {
  project: 'renamed-delivery',
  canaryNamespace: 'renamed-canary',
  productionNamespace: 'renamed',
};
const FLAGS = [
  ...['--project', RENAMED.project],
  ...['--canary-namespace', RENAMED.canaryNamespace],
  ...['--production-namespace', RENAMED.productionNamespace],
];

async function everyManifest(): Promise<Readonly<Record<string, string>>> {
  const files = await readdir(tree.root, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, await readFile(path, 'utf8')] as const;
    });
  return Object.fromEntries(await Promise.all(texts));
}
