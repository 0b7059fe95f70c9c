import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { applyChanges, describeChange, parseSet } from '../../../scripts/e2e/changes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-test-'));
  for (const made of ['settings', 'gitops/overlays/canary', 'gitops/components/simulated-feed']) {
    await mkdir(join(folder, made), { recursive: true });
  }
  await writeFile(
    join(folder, 'settings/settings.env'),
    'repoURL=https://git.example.com/a.git\nimageRepository=registry.example.com/a\n',
  );
  await writeFile(
    join(folder, 'gitops/overlays/canary/kustomization.yaml'),
    '# kept\nkind: Kustomization\nresources:\n- ../../base\n',
  );
  await writeFile(
    join(folder, 'gitops/overlays/canary/config.yaml'),
    'discovery:\n  marketLimit: 2\n',
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (file: string) => readFile(join(folder, file), 'utf8');

test('a setting replaces its own line and no other', async () => {
  await applyChanges(folder, [
    { kind: 'setting', key: 'repoURL', value: 'http://git.local/$1.git', why: 'a test' },
  ]);
  expect(await text('settings/settings.env')).toBe(
    'repoURL=http://git.local/$1.git\nimageRepository=registry.example.com/a\n',
  );
});

test('a setting that the bundle does not know is refused', async () => {
  const change = { kind: 'setting', key: 'repoUrl', value: 'x', why: 'a test' } as const;
  await expect(applyChanges(folder, [change])).rejects.toThrow('expected a line repoUrl=…');
});

test('a value is set inside what is there, and makes the mappings it needs', async () => {
  await applyChanges(folder, [
    parseSet('gitops/overlays/canary/config.yaml:archive.rotateAfter=5s'),
    parseSet('gitops/overlays/canary/config.yaml:discovery.marketLimit=1'),
  ]);
  expect(parse(await text('gitops/overlays/canary/config.yaml'))).toEqual({
    discovery: { marketLimit: 1 },
    archive: { rotateAfter: '5s' },
  });
});

test('a value for a file that is not there names the file', async () => {
  await expect(applyChanges(folder, [parseSet('gitops/none.yaml:a=1')])).rejects.toThrow(
    'expected a file gitops/none.yaml',
  );
});

test('a component is added once, behind those that are listed, by its relative path', async () => {
  const change = {
    kind: 'component',
    kustomization: 'gitops/overlays/canary',
    component: 'gitops/components/simulated-feed',
    why: 'a test',
  } as const;
  await applyChanges(folder, [change, change]);
  const written = await text('gitops/overlays/canary/kustomization.yaml');
  expect(parse(written)).toMatchObject({ components: ['../../components/simulated-feed'] });
  expect(written).toContain('# kept');
  expect(describeChange(change)).toBe(
    'gitops/overlays/canary: component gitops/components/simulated-feed (a test)',
  );
});

test('a component that the bundle does not have is refused', async () => {
  const change = {
    kind: 'component',
    kustomization: 'gitops/overlays/canary',
    component: 'gitops/components/none',
    why: 'a test',
  } as const;
  await expect(applyChanges(folder, [change])).rejects.toThrow(
    'expected a component gitops/components/none',
  );
});

test('--set that is not FILE:PATH=VALUE is refused with an example', () => {
  expect(() => parseSet('rotateAfter=5s')).toThrow('expected FILE:PATH=VALUE such as');
});
