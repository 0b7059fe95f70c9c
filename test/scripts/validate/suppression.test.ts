import { describe, expect, it } from 'vitest';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { folderWith } from './folder.ts';

const KUSTOMIZATION =
  'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [configmap.yaml]\n';

function task(comment: string, trailing = ''): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: bake, namespace: bakery}
spec:
  steps:
  ${comment}

  # Another comment in between.
  - uses: git-comit ${trailing}
    config: {path: ./out, message: m}
`;
}

async function validated(files: Readonly<Record<string, string>>) {
  await using folder = await folderWith(files);
  const { findings, suppressed } = await validateBundle(folder.path);
  return {
    findings: findings.map(({ rule, line }) => `${rule} ${line}`),
    suppressed: suppressed.map(({ rule, line, reason }) => `${rule} ${line}: ${reason}`),
  };
}

const REASON = '# orderbooks-validate-ignore kargo/unknown-step: a step of our own build of Kargo';

describe('a comment with a reason', () => {
  it.each([
    ['above the line', task(REASON)],
    ['on the line', task('# Steps.', REASON)],
  ])('lets a finding pass and reports it: %s', async (_, text) => {
    expect(await validated({ 'kargo/task.yaml': text })).toEqual({
      findings: [],
      suppressed: ['kargo/unknown-step 9: a step of our own build of Kargo'],
    });
  });

  it('does not speak of other rules, other lines, or texts that only look like one', async () => {
    const other = task('# orderbooks-validate-ignore kargo/step-config: wrong rule');
    expect((await validated({ 'kargo/task.yaml': other })).findings).toEqual([
      'suppression/unused 6',
      'kargo/unknown-step 9',
    ]);
    const text = task('- uses: fail\n    config: {message: "# orderbooks-validate-ignore a/b: c"}');
    expect((await validated({ 'kargo/task.yaml': text })).findings).toEqual([
      'kargo/unknown-step 10',
    ]);
  });

  it('works in a file whose YAML is broken', async () => {
    const files = {
      'gitops/a/kustomization.yaml': KUSTOMIZATION,
      'gitops/a/configmap.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: x\n  # orderbooks-validate-ignore yaml/duplicate-key: shows what happens\n  a: y\n',
    };
    expect((await validated(files)).suppressed).toEqual([
      'yaml/duplicate-key 7: shows what happens',
    ]);
  });

  it('for a rule that exists nowhere lets nothing pass, and says so', async () => {
    const text = task('# orderbooks-validate-ignore kargo/unknwon-step: because');
    expect((await validated({ 'kargo/task.yaml': text })).findings).toEqual([
      'suppression/unused 6',
      'kargo/unknown-step 9',
    ]);
  });
});

describe('a comment without a reason', () => {
  it.each([
    ['a rule alone', '# orderbooks-validate-ignore kargo/unknown-step'],
    ['a colon and nothing', '# orderbooks-validate-ignore kargo/unknown-step:  '],
    ['nothing at all', '# orderbooks-validate-ignore'],
  ])('lets nothing pass and is a finding itself: %s', async (_, comment) => {
    expect(await validated({ 'kargo/task.yaml': task(comment) })).toEqual({
      findings: ['suppression/no-reason 6', 'kargo/unknown-step 9'],
      suppressed: [],
    });
  });
});
