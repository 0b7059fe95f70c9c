import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES, readSources } from '../../../scripts/validate/sources.ts';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { folderWith } from './folder.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

const TASK =
  'apiVersion: kargo.akuity.io/v1alpha1\nkind: PromotionTask\nmetadata: {name: task, namespace: shop}\nspec: {steps: [{uses: fial, config: {message: m}}]}\n';

describe('a repository of another form', () => {
  it('is read whole: findings of its manifests, and of all else that it is not checked', async () => {
    await using folder = await folderWith({
      'deploy/here/task.yaml': `${TASK}---\n${CONFIG_MAP}`,
      'charts/shop/Chart.yaml': 'name: shop\n',
      'charts/shop/templates/service.yaml': 'kind: {{ .Values.kind }}\n',
      'charts/shop/values.yaml': 'kind: 3\n',
      'config/broken.yaml': 'a: [\n',
      'config/templated.yaml': 'apiVersion: v1\nkind: {{ kind }}\nmetadata: [\n',
      'overlay/kustomization.yaml':
        'resources: [https://github.com/somebody/something//base?ref=v1]\n',
      '.hidden/task.yaml': TASK,
    });
    const { findings, notChecked } = await validateBundle(folder.path);
    expect(findings.map(({ rule, file }) => [rule, file])).toEqual([
      ['kargo/unknown-step', 'deploy/here/task.yaml'],
    ]);
    expect(notChecked.map(({ what }) => what)).toEqual([
      'charts/shop/Chart.yaml',
      'charts/shop/templates/service.yaml',
      'charts/shop/values.yaml',
      'config/broken.yaml',
      'config/templated.yaml',
      'the render of overlay/kustomization.yaml',
      'references between objects',
    ]);
  });
});

describe('what a bundle is read from', () => {
  it.each([
    ['a binary file', Uint8Array.of(0x1f, 0x8b, 0xff, 0xfe, 0, 1)],
    ['text with a NUL', 'a: \0\n'],
    ['a file larger than any manifest', `a: ${'x'.repeat(MAX_FILE_BYTES)}\n`],
  ])('%s is a finding with a position, not a stack trace', async (_, content) => {
    await using folder = await folderWith({ 'kargo/a.yaml': CONFIG_MAP, 'kargo/b.yaml': content });
    const { findings } = await validateBundle(folder.path);
    expect(findings.map(({ rule, file, line, column }) => [rule, file, line, column])).toEqual([
      ['yaml/syntax', 'kargo/b.yaml', 1, 1],
    ]);
  });

  it('reads .yaml, .yml and Kustomization below its folders only, links to files too', async () => {
    await using folder = await folderWith({
      'settings/settings.env': 'A=b\n',
      'kargo/deep/a.yml': CONFIG_MAP,
      'gitops/base/Kustomization': 'resources: []\n',
      'kargo/notes.md': '# a: [\n',
      'elsewhere/b.yaml': 'a: [\n',
    });
    await symlink(join(folder.path, 'elsewhere/b.yaml'), join(folder.path, 'kargo/link.yaml'));
    expect([...(await readSources(folder.path)).files.keys()]).toEqual([
      'gitops/base/Kustomization',
      'kargo/deep/a.yml',
      'kargo/link.yaml',
    ]);
  });

  it('follows a link to one of its folders', async () => {
    await using folder = await folderWith({
      'settings/settings.env': 'A=b\n',
      'real/a.yaml': CONFIG_MAP,
    });
    await symlink(join(folder.path, 'real'), join(folder.path, 'kargo'));
    expect([...(await readSources(folder.path)).files.keys()]).toEqual(['kargo/a.yaml']);
  });

  it('shows paths below the root also where a link leads to it', async () => {
    await using folder = await folderWith({
      'real/kargo/kustomization.yaml': 'resources: [absent.yaml]\n',
    });
    const link = join(folder.path, 'link');
    await symlink(join(folder.path, 'real'), link);
    const { findings } = await validateBundle(link);
    expect(findings.map(({ file, message }) => [file, message.includes(folder.path)])).toEqual([
      ['kargo/kustomization.yaml', false],
    ]);
  });

  it('says of JSON and of a link to a folder that they are not checked', async () => {
    await using folder = await folderWith({ 'kargo/a.yaml': CONFIG_MAP, 'kargo/b.json': '{}' });
    await symlink(folder.path, join(folder.path, 'kargo/loop.yaml'));
    const { notChecked } = await validateBundle(folder.path);
    expect(notChecked.map(({ what }) => what)).toEqual(['kargo/b.json', 'kargo/loop.yaml']);
  });

  it.each([
    ['no file', { 'kargo/readme.md': '' }],
    ['no object', { 'kargo/values.yaml': 'a: 1\n', 'kargo/empty.yaml': '# nothing\n' }],
    ['only a Component', { 'kargo/kustomization.yaml': 'kind: Component\n' }],
    ['a render of nothing', { 'kargo/kustomization.yaml': 'namePrefix: a-\n' }],
  ])('%s is refused: nothing was checked', async (_, files) => {
    await using folder = await folderWith(files);
    await expect(validateBundle(folder.path)).rejects.toMatchObject({ code: 'VALIDATE_NOTHING' });
  });

  it('refuses a folder that is not there', async () => {
    await using folder = await folderWith({});
    await expect(validateBundle(join(folder.path, 'absent'))).rejects.toMatchObject({
      code: 'VALIDATE_UNREADABLE',
    });
  });
});
