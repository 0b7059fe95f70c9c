import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kustomizeBuild } from '../../../../scripts/kargo/steps/kustomize-build.ts';
import { kustomizeSetImage } from '../../../../scripts/kargo/steps/kustomize-set-image.ts';
import { makeContext, runStep, temporaryFolder, writeFiles } from './promotion.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Settings}\n';

function begin(files: Readonly<Record<string, string>>) {
  const context = makeContext({});
  writeFiles(context.workDir, files);
  const build = (more: object = {}) =>
    runStep(kustomizeBuild, { path: './overlay', outPath: './out', ...more }, context);
  return { context, build, at: (path: string) => join(context.workDir, path) };
}

const GOOD = {
  'overlay/kustomization.yaml': 'namespace: orderbooks\nresources: [../base]\n',
  'base/kustomization.yaml': 'resources: [cm.yaml]\n',
  'base/cm.yaml': CONFIG_MAP,
};

describe('kustomize-build', () => {
  test('writes a file per object, named after namespace, kind and name', async () => {
    const { build, at } = begin(GOOD);
    expect(await build()).toEqual({ status: 'Succeeded' });
    expect(readdirSync(at('out'))).toEqual(['orderbooks-configmap-settings.yaml']);
    expect(readdirSync(at('.')).sort()).toEqual(['base', 'out', 'overlay']);
  });

  test('gives the same bytes each time', async () => {
    const { build, at } = begin(GOOD);
    await build({ outPath: 'a.yaml' });
    await build({ outPath: 'b.yaml' });
    expect(readFileSync(at('a.yaml'), 'utf8')).toBe(readFileSync(at('b.yaml'), 'utf8'));
  });

  test.each([
    [
      'a missing resource',
      { 'base/kustomization.yaml': 'kind: Kustomization\nresources:\n- cm.yaml\n- none.yaml\n' },
      'none.yaml',
      'base/kustomization.yaml:4',
    ],
    [
      'an unknown field',
      { 'base/kustomization.yaml': 'resources: [cm.yaml]\nresource: []\n' },
      'unknown field "resource"',
      'base/kustomization.yaml:2',
    ],
    [
      'a broken kustomization',
      { 'base/kustomization.yaml': 'kind: Kustomization\nresources: [cm.yaml\n' },
      "did not find expected ',' or ']'",
      'base/kustomization.yaml:2',
    ],
    [
      'a missing patch',
      { 'base/kustomization.yaml': 'resources: [cm.yaml]\npatches:\n- path: none.yaml\n' },
      'failed to get the patch file',
      'base/kustomization.yaml:3',
    ],
    [
      'broken YAML of a resource',
      { 'base/cm.yaml': 'a: 1\nb: [\n' },
      'MalformedYAMLError',
      'base/cm.yaml:2',
    ],
    [
      'a resource without a name',
      { 'base/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\n' },
      'missing metadata.name',
      'base/cm.yaml',
    ],
  ])(
    "says with kustomize's words and the place what is wrong with %s",
    async (_, files, words, place) => {
      const { build } = begin({ ...GOOD, ...files });
      const result = await build();
      expect(result.status).toBe('Errored');
      expect(result.message).toContain(words);
      expect(result.hint).toBe(place);
    },
  );

  test.each([
    ['a resource', 'resources: [OUTSIDE/cm.yaml]\n'],
    ['a folder', 'resources: [OUTSIDE]\n'],
    ['a generated file', 'configMapGenerator: [{name: x, files: [k=OUTSIDE/cm.yaml]}]\n'],
    ['a patch', 'patches:\n- path: OUTSIDE/cm.yaml\n'],
  ])('reads %s outside the work folder neither by path nor by link', async (_, text) => {
    const outside = temporaryFolder();
    writeFiles(outside, { 'cm.yaml': CONFIG_MAP, 'kustomization.yaml': 'resources: [cm.yaml]\n' });
    const { context, build, at } = begin(GOOD);
    symlinkSync(outside, at('overlay/link'));
    const up = '../'.repeat(context.workDir.split('/').length);
    for (const way of ['link', `${up}${outside.slice(1)}`]) {
      writeFileSync(at('overlay/kustomization.yaml'), text.replaceAll('OUTSIDE', way));
      const result = await build();
      expect(result.status).toBe('Errored');
      expect(result.message).toContain("leads out of the promotion's work folder");
    }
  });

  test('refuses an overlay outside the work folder', async () => {
    const result = await begin(GOOD).build({ path: '../../overlay' });
    expect(result.message).toContain("must lie in the promotion's work folder");
  });

  test('writes through no link out of the work folder', async () => {
    const outside = temporaryFolder();
    const { build, at } = begin(GOOD);
    mkdirSync(at('out'));
    symlinkSync(join(outside, 'stolen'), at('out/orderbooks-configmap-settings.yaml'));
    await build();
    expect(readdirSync(outside)).toEqual([]);
  });

  test('refuses a name that would be a path', async () => {
    const evil = CONFIG_MAP.replace('Settings', '../../evil');
    const result = await begin({ ...GOOD, 'base/cm.yaml': evil }).build();
    expect(result.status).toBe('Errored');
    expect(result.message).toContain('unsafe generated resource filename');
  });
});

describe('kustomize-set-image', () => {
  const images = [{ image: 'registry.example.com/data/orderbooks', name: 'orderbooks', tag: '2' }];

  test('sets an image by its name in the overlay and names it in the commit message', async () => {
    const { context, at } = begin(GOOD);
    const result = await runStep(kustomizeSetImage, { path: './overlay', images }, context);
    expect(result).toEqual({
      status: 'Succeeded',
      output: { commitMessage: 'Updated ./overlay to use new image\n\n- orderbooks:2' },
    });
    expect(readFileSync(at('overlay/kustomization.yaml'), 'utf8')).toContain('newTag: "2"');
  });

  test('takes what lies outside the work folder for missing', async () => {
    const outside = temporaryFolder();
    writeFiles(outside, { 'kustomization.yaml': 'kind: Kustomization\n' });
    const { context, at } = begin(GOOD);
    symlinkSync(outside, at('link'));
    const result = await runStep(kustomizeSetImage, { path: 'link', images }, context);
    expect(result.message).toContain('could not find any Kustomization files in "link"');
    expect(readFileSync(join(outside, 'kustomization.yaml'), 'utf8')).toBe('kind: Kustomization\n');
  });
});
