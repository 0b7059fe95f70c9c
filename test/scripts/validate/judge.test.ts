import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { judgeTexts } from './judging.ts';

/** A small bundle in which every rule has something to look at, as values. */
const BUNDLE: readonly Readonly<Record<string, unknown>>[] = [
  {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name: 'w', namespace: 'ns' },
    spec: {
      freightCreationCriteria: { expression: 'commitFrom("https://g.example/r.git").ID != ""' },
      subscriptions: [{ git: { repoURL: 'https://g.example/r.git' } }],
    },
  },
  {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'ProjectConfig',
    metadata: { name: 'ns', namespace: 'ns' },
    spec: { promotionPolicies: [{ stageSelector: { name: 's' }, autoPromotionEnabled: true }] },
  },
  {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name: 's', namespace: 'ns' },
    spec: {
      vars: [{ name: 'app', value: 'a' }],
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }],
      promotionTemplate: {
        spec: {
          steps: [
            { uses: 'git-clear', if: '${{ success() }}', config: { path: './${{ ctx.stage }}' } },
            { task: { name: 't' }, as: 't', vars: [{ name: 'extra', value: '${{ vars.app }}' }] },
          ],
        },
      },
      verification: {
        analysisTemplates: [{ name: 'gates' }],
        args: [{ name: 'x', value: '${{ quote(1) }}' }],
      },
    },
  },
  {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'PromotionTask',
    metadata: { name: 't', namespace: 'ns' },
    spec: {
      vars: [{ name: 'app' }],
      steps: [
        {
          uses: 'argocd-update',
          config: {
            apps: [
              {
                name: '${{ vars.app }}',
                sources: [{ repoURL: 'https://g.example/r.git', desiredRevision: 'main' }],
              },
              { selector: { matchLabels: { k: 'v' }, matchExpressions: [] } },
            ],
          },
        },
      ],
    },
  },
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'gates', namespace: 'ns' },
    spec: {
      args: [{ name: 'x' }],
      metrics: [
        {
          name: 'm',
          provider: {
            job: {
              spec: {
                backoffLimit: 0,
                activeDeadlineSeconds: 9,
                template: { spec: { containers: [{ name: 'c', image: 'i' }] } },
              },
            },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: 'a',
      namespace: 'argocd',
      labels: { k: 'v' },
      annotations: { 'kargo.akuity.io/authorized-stage': 'ns:s' },
    },
    spec: {
      project: 'p',
      destination: { namespace: 'ns' },
      source: { repoURL: 'https://g.example/r.git' },
    },
  },
];

describe('judging', () => {
  it('finds nothing in a sound bundle', () => {
    expect(judgeTexts(textsOf(BUNDLE)).findings).toEqual([]);
  });

  it('never throws, whatever value stands in whatever place', () => {
    const places = BUNDLE.flatMap((object, index) =>
      pathsIn(object).map((path) => [index, ...path] as const),
    );
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        '',
        '${{',
        '${{ }}',
        '${{ vars.app }}',
        '${{ a( }}',
        0,
        [],
        {},
      ),
      fc.constantFrom<unknown>([null], [[]], [{}], { name: null }, [{ name: 3, value: {} }], true),
      fc.constantFrom<unknown>(
        { a: { b: ['${{ 1 + }}'] } },
        'x'.repeat(300),
        '__proto__',
        'toString',
      ),
      fc.jsonValue({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), value, fc.boolean(), (path, other, drop) => {
        const changed = changedAt(BUNDLE, path, drop ? undefined : other);
        const { findings } = judgeTexts(textsOf(changed as typeof BUNDLE));
        for (const { line, message, fix } of findings) {
          expect(line).toBeGreaterThan(0);
          expect(`${message} ${fix}`).not.toMatch(/undefined|\[object Object\]/);
        }
      }),
      { numRuns: 200 },
    );
  });
});

type Key = string | number;

function textsOf(objects: readonly unknown[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects.map((object, index) => [`${index}.yaml`, stringify(object, { version: '1.1' })]),
  );
}

function pathsIn(value: unknown): readonly (readonly Key[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const keys: readonly Key[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const entries = value as Readonly<Record<Key, unknown>>;
  return [[], ...keys.flatMap((key) => pathsIn(entries[key]).map((path) => [key, ...path]))];
}

function changedAt(value: unknown, [key, ...rest]: readonly Key[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    const changed = value.map((entry, index) =>
      index === key ? changedAt(entry, rest, by) : entry,
    );
    return changed.filter((entry) => entry !== undefined);
  }
  return { ...Object(value), [key]: changedAt(Object(value)[key], rest, by) };
}
