import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../scripts/kargo/index.ts';
import { syncPolicyOf } from '../../../scripts/preview/effect.ts';
import { fieldChanges } from '../../../scripts/preview/field-diff.ts';
import { objectChanges } from '../../../scripts/preview/object-diff.ts';
import { shownLines } from '../../../scripts/preview/shown-value.ts';

const PRUNES = { prunes: true, replaces: false, forces: false };
const object = (
  apiVersion: string,
  kind: string,
  rest: Readonly<Record<string, unknown>> = {},
  name = 'x',
  annotations: Readonly<Record<string, string>> = {},
): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'orderbooks', annotations },
  ...rest,
});
const deployment = (spec: unknown, annotations = {}) =>
  object('apps/v1', 'Deployment', { spec }, 'recorder', annotations);

describe('the difference of two objects', () => {
  it('names entries of lists by what Kubernetes tells them apart by', () => {
    const pod = (image: string, ...more: readonly object[]) => ({
      containers: [...more, { name: 'recorder', image, ports: [{ containerPort: 9090 }] }],
    });
    expect(fieldChanges(pod('a'), pod('b', { name: 'sidecar' }))).toEqual([
      { path: 'containers[recorder].image', before: 'a', after: 'b' },
      { path: 'containers[sidecar]', after: { name: 'sidecar' } },
    ]);
  });

  it('tells another order of the same entries, and other entries of a plain list by place', () => {
    const env = [{ name: 'a' }, { name: 'b' }];
    expect(fieldChanges({ env }, { env: env.toReversed() })).toEqual([
      { path: 'env (order)', before: ['a', 'b'], after: ['b', 'a'] },
    ]);
    expect(fieldChanges({ args: ['x', 'y'] }, { args: ['x', 'z', 'w'] })).toEqual([
      { path: 'args[1]', before: 'y', after: 'z' },
      { path: 'args[2]', after: 'w' },
    ]);
  });

  it('quotes keys with dots, tells null from absent, and finds nothing between equals', () => {
    expect(fieldChanges({ labels: { 'a.b/c': '1' } }, { labels: {} })).toEqual([
      { path: 'labels["a.b/c"]', before: '1' },
    ]);
    expect(fieldChanges({ a: null }, {})).toEqual([{ path: 'a', before: null }]);
    expect(fieldChanges({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  });

  it('shows texts of several lines as a difference of lines with one line around', () => {
    const text = ['a', 'b', 'c', 'd', 'e'];
    const shown = shownLines({
      path: 'data',
      before: text.join('\n'),
      after: text.with(2, 'C').join('\n'),
    });
    expect(shown.map(({ sign, text: line }) => `${sign}${line}`)).toEqual([' b', '-c', '+C', ' d']);
  });
});

describe('what Argo CD does with a change', () => {
  const effects = (
    before: readonly KubernetesObject[],
    after: readonly KubernetesObject[],
    policy = PRUNES,
  ) =>
    objectChanges(before, after, policy).objects.map(({ change, effect, note }) => [
      change,
      effect,
      note,
    ]);

  it('creates, prunes, and says that pods restart', () => {
    const [old, fresh] = [deployment({ template: { a: 1 } }), deployment({ template: { a: 2 } })];
    expect(effects([], [old])).toEqual([['added', 'create', null]]);
    expect(effects([old], [])).toEqual([['removed', 'prune', 'its pods end']]);
    expect(effects([old], [fresh])).toEqual([['changed', 'apply', 'its pods restart']]);
    expect(objectChanges([old], [old], PRUNES)).toEqual({ objects: [], unchanged: 1 });
  });

  it('keeps what is annotated so or belongs to an Application that does not prune', () => {
    const kept = deployment({}, { 'argocd.argoproj.io/sync-options': 'Prune=false' });
    expect(effects([kept], [])[0]?.[1]).toBe('keep');
    expect(effects([deployment({})], [], { ...PRUNES, prunes: false })[0]?.[1]).toBe('keep');
  });

  it('takes a ConfigMap under a new hash for the same one', () => {
    const config = (hash: string, text: string) =>
      object('v1', 'ConfigMap', { data: { 'config.yaml': text } }, `config-${hash}`);
    const { objects } = objectChanges(
      [config('98d2gfbmmf', 'a')],
      [config('5t6kk2h7bc', 'b')],
      PRUNES,
    );
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ change: 'renamed', effect: 'create and prune' });
    expect(objects[0]?.fields).toContainEqual({
      path: 'data["config.yaml"]',
      before: 'a',
      after: 'b',
    });
  });

  it.each([
    ['a selector', deployment({ selector: { a: 1 } }), deployment({ selector: { a: 2 } })],
    [
      'a claim’s class',
      object('v1', 'PersistentVolumeClaim', { spec: { storageClassName: 'a' } }),
      object('v1', 'PersistentVolumeClaim', { spec: { storageClassName: 'b' } }),
    ],
    [
      'a role binding’s role',
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'a' } }),
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'b' } }),
    ],
    [
      'an immutable ConfigMap’s data',
      object('v1', 'ConfigMap', { immutable: true, data: { a: '1' } }),
      object('v1', 'ConfigMap', { immutable: true, data: { a: '2' } }),
    ],
  ])('is refused when it changes %s, unless the object is replaced', (_, before, after) => {
    expect(effects([before], [after])[0]?.[1]).toBe('refused');
    expect(effects([before], [after], { ...PRUNES, forces: true })[0]?.[1]).toBe('replace');
    expect(effects([before], [after], { ...PRUNES, replaces: true })[0]?.[1]).toBe('replace');
  });

  it('lets a claim grow', () => {
    const claim = (storage: string) =>
      object('v1', 'PersistentVolumeClaim', { spec: { resources: { requests: { storage } } } });
    expect(effects([claim('1Gi')], [claim('2Gi')])).toEqual([['changed', 'apply', null]]);
  });

  it('reads the policy of an Application, and takes none for one that does nothing by itself', () => {
    const application = object('argoproj.io/v1alpha1', 'Application', {
      spec: { syncPolicy: { automated: { prune: true }, syncOptions: ['Replace=true'] } },
    });
    expect(syncPolicyOf(application)).toEqual({ prunes: true, replaces: true, forces: false });
    expect(syncPolicyOf(null)).toEqual({ prunes: false, replaces: false, forces: false });
  });
});
