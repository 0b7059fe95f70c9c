import { describe, expect, it } from 'vitest';
import { briefly, judgeTexts } from './judging.ts';

function findingsOfStep(uses: string, config: string) {
  return judgeTexts({
    'task.yaml': `apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: t, namespace: ns}
spec:
  steps:
  - uses: ${uses}
${config.replace(/^/gm, '    ')}
`,
  });
}

describe("a step's config", () => {
  it.each([
    ['git-push', 'config: {path: ./out, force: "${{ vars.force }}", targetBranch: main}'],
    ['git-push', 'config: {path: ./out, generateTargetBranch: "${{ vars.own }}"}'],
    [
      'git-push',
      'config: {path: ./out, generateTargetBranch: "${{ vars.own }}", targetBranch: main}',
    ],
    ['git-push', 'config: {path: ./out, maxAttempts: "${{ vars.n }}"}'],
    ['git-clone', 'config: {repoURL: "${{ vars.r }}", checkout: "${{ vars.c }}"}'],
    ['git-clone', 'config: {repoURL: r, checkout: [{path: a, branch: "${{ vars.b }}", tag: v1}]}'],
    [
      'kustomize-set-image',
      'config: {path: p, images: [{image: i, tag: "${{ vars.a }}", digest: d}]}',
    ],
    [
      'kustomize-set-image',
      'config: {path: p, images: [{image: i, tag: "${{ vars.a }}", digest: "${{ vars.b }}"}]}',
    ],
    ['argocd-update', 'config: {apps: "${% vars.apps %}"}'],
    ['argocd-update', 'config: {apps: [{name: a, selector: "${{ vars.s }}"}]}'],
    ['compose-output', 'config: {a: "${{ 1 }}"}'],
  ])('of %s may hold an expression of any type: %s', (uses, config) => {
    expect(briefly(findingsOfStep(uses, config).findings)).toEqual([]);
  });

  it.each([
    ['a wrong type', 'git-push', 'config: {path: ./out, force: "yes"}', '7:34'],
    ['an unknown key', 'git-clear', 'config: {path: ./out, all: true}', '7:27'],
    ['a missing key', 'git-clear', 'config: {}', '7:5'],
    ['a missing key beside an expression', 'git-commit', 'config: {path: "${{ vars.a }}"}', '7:5'],
    ['no config at all', 'fail', 'as: f', '6:5'],
    ['a text where a map is due', 'git-clear', 'config: ./out', '7:13'],
    ['a list where a map is due', 'git-clear', 'config: [a]', '7:5'],
    [
      'two that exclude each other',
      'git-clone',
      'config: {repoURL: r, checkout: [{path: a, branch: b, tag: "${{ vars.a }}", commit: c}]}',
      '7:37',
    ],
    [
      'a fault deep inside',
      'argocd-update',
      'config: {apps: [{name: a, sources: [{repoURL: r, updateTargetRevision: 3}]}]}',
      '7:76',
    ],
    [
      'a key with dots',
      'argocd-update',
      'config: {apps: [{selector: {matchLabels: {a.b/c.d: 3}}}]}',
      '7:56',
    ],
  ])('is judged: %s', (_, uses, config, place) => {
    expect(briefly(findingsOfStep(uses, config).findings)).toEqual([`kargo/step-config ${place}`]);
  });

  it('reports each fault of one step', () => {
    const { findings } = findingsOfStep('git-push', 'config:\n  path: 3\n  branch: a');
    expect(briefly(findings)).toEqual(['kargo/step-config 8:13', 'kargo/step-config 9:7']);
  });

  it('of a step that this project does not carry out is judged too', () => {
    const { findings, notChecked, steps } = findingsOfStep('helm-template', 'config: {uri: x}');
    expect(briefly(findings)).toEqual([
      'kargo/step-config 7:5',
      'kargo/step-config 7:5',
      'kargo/step-config 7:5',
      'kargo/step-config 7:14',
    ]);
    expect(steps).toBe(1);
    expect(notChecked).toEqual([]);
  });
});
