import { describe, expect, it } from 'vitest';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { changingKustomize } from './changing-kustomize.ts';
import { folderWith } from './folder.ts';

const TASK = `apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata:
  name: bake
spec:
  steps:
  - uses: fail
    config:
      message: no
`;

async function placesIn(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using folder = await folderWith(files);
  const { findings } = await validateBundle(folder.path);
  return findings.map(({ rule, file, line, column }) => `${rule} ${file}:${line}:${column}`);
}

describe('renders', () => {
  it('lead a finding back to the patch that wrote the value, else to the object', async () => {
    const files = (patch: string, base = TASK) => ({
      'gitops/base/kustomization.yaml': 'resources: [task.yaml]\n',
      'gitops/base/task.yaml': base.replace('message: no', 'message: "no"'),
      'gitops/overlays/a/kustomization.yaml':
        'namePrefix: a-\nnamespace: ns\nresources: [../../base]\npatches: [{path: patch.yaml}]\n',
      'gitops/overlays/a/patch.yaml': `${TASK.slice(0, TASK.indexOf('spec:'))}spec:\n  ${patch}\n`,
    });
    expect(await placesIn(files('vars: [{name: v, value: "${{ a b }}"}]'))).toEqual([
      'kargo/expression gitops/overlays/a/patch.yaml:6:34',
    ]);
    const misspelt = TASK.replace('  steps', '  stepps: []\n  steps');
    expect(await placesIn(files('vars: []', misspelt))).toEqual([
      'kargo/object-invalid gitops/base/task.yaml:6:3',
    ]);
  });

  it('lead a finding in what nobody wrote to the kustomization', async () => {
    const { length } = await placesIn({
      'kargo/kustomization.yaml': 'resources: [list.yaml]\n',
      'kargo/list.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${TASK.replace('uses: fail', 'uses: fial').replaceAll('\n', '\n  ').trim()}\n`,
    });
    expect(length).toBe(1);
  });

  it('are made of every Component and base once, by those that name them', async () => {
    await using folder = await folderWith({
      'gitops/base/kustomization.yaml': 'resources: [cm.yaml]\n',
      'gitops/base/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      'gitops/components/c/kustomization.yaml': 'kind: Component\ncommonAnnotations: {a: b}\n',
      'gitops/overlays/a/kustomization.yaml':
        'resources: [../../base]\ncomponents: [../../components/c]\n',
      'gitops/overlays/b/kustomization.yaml': 'resources: [../../base]\n',
    });
    const { findings, checked } = await validateBundle(folder.path);
    expect(findings).toEqual([]);
    expect(checked).toMatchObject({ renders: 2, objects: 2, files: 5 });
  });

  it('of kustomizations that name each other in a circle do not pass unseen', async () => {
    const rules = await placesIn({
      'gitops/a/kustomization.yaml': 'resources: [../b]\n',
      'gitops/b/kustomization.yaml': 'resources: [../a]\n',
    });
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule).toMatch(/^kustomize\/does-not-render /);
  });

  it('that fail because of broken YAML are not reported on top of it', async () => {
    expect(
      await placesIn({ 'kargo/kustomization.yaml': 'resources: [a.yaml\nnamePrefix: x\n' }),
    ).toEqual([expect.stringMatching(/^yaml\/syntax kargo\/kustomization.yaml:2:/)]);
  });

  it('that differ show the object and the first line that does', async () => {
    await using program = await changingKustomize();
    await using folder = await folderWith({
      'kargo/kustomization.yaml': 'resources: [a.yaml]\n',
      'kargo/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: recipe}\n',
    });
    const { findings } = await validateBundle(folder.path, { program });
    expect(findings[0]?.message).toMatch(
      /^two renders of kargo differ: ConfigMap recipe: "made: "\d+"", then "made: "\d+""$/,
    );
  });

  it('end when they are aborted, without a finding', async () => {
    await using folder = await folderWith({ 'kargo/kustomization.yaml': 'namePrefix: a\n' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(validateBundle(folder.path, { signal })).rejects.toThrow('enough');
  });
});
