import type { Bundle, BundleObject } from '../bundle.ts';
import { type Fields, fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { adviceOn } from '../lookup.ts';
import { containersOf, type PodTemplate, podTemplatesOf } from '../pods.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';

/** What pods, Roles and selectors of one render say of each other. */
export const checkWorkloadReferences: Check = function* ({ bundle }) {
  const pods = podTemplatesOf(bundle);
  for (const pod of pods) {
    if (pod.object.kustomization === null) continue;
    yield* ofPod(bundle, pod);
    yield* ports(pod);
    yield* ownSelector(pod);
  }
  for (const object of bundle.objects) {
    if (object.kustomization === null) continue;
    yield* ofBinding(bundle, object);
    yield* selectors(object, pods);
  }
};

function* ofPod(bundle: Bundle, { object, path, spec }: PodTemplate): Generator<Draft> {
  const at: Path = [...path, 'spec'];
  yield* missing(bundle, object, [...at, 'serviceAccountName'], 'ServiceAccount');
  for (const [index, value] of items(spec['volumes']).entries()) {
    const volume: Path = [...at, 'volumes', index];
    yield* missing(
      bundle,
      object,
      [...volume, 'persistentVolumeClaim', 'claimName'],
      'PersistentVolumeClaim',
    );
    if (valueAt(value, ['configMap', 'optional']) !== true) {
      yield* missing(bundle, object, [...volume, 'configMap', 'name'], 'ConfigMap');
    }
  }
  const names = new Set(items(spec['volumes']).map((volume) => text(fields(volume)['name'])));
  for (const template of items(valueAt(object.value, ['spec', 'volumeClaimTemplates']))) {
    names.add(text(valueAt(template, ['metadata', 'name'])));
  }
  for (const container of containersOf({ object, path, spec, labels: {}, endless: true })) {
    for (const [index, mount] of items(container.value['volumeMounts']).entries()) {
      const name = text(fields(mount)['name']);
      if (names.has(name)) continue;
      yield reference(
        object,
        [...container.path, 'volumeMounts', index, 'name'],
        `the volume ${name}, which the pod does not have`,
        `volumes here: ${[...names].join(', ')}`,
      );
    }
    for (const index of items(container.value['env']).keys()) {
      const from: Path = [...container.path, 'env', index, 'valueFrom'];
      yield* missing(bundle, object, [...from, 'configMapKeyRef', 'name'], 'ConfigMap');
    }
    for (const index of items(container.value['envFrom']).keys()) {
      yield* missing(
        bundle,
        object,
        [...container.path, 'envFrom', index, 'configMapRef', 'name'],
        'ConfigMap',
      );
    }
  }
}

function* missing(
  bundle: Bundle,
  from: BundleObject,
  path: Path,
  kind: string,
  namespace = from.namespace,
): Generator<Draft> {
  const name = text(valueAt(from.value, path));
  if (name === '' || name.includes('{{')) return;
  if (kind === 'ServiceAccount' && name === 'default') return;
  if (kind === 'ConfigMap' && name === 'kube-root-ca.crt') return;
  const known = bundle.objects.filter(
    (object) => object.kind === kind && (object.namespace === namespace || object.namespace === ''),
  );
  // Of what stands beside it only: another overlay's object of this name is in another namespace.
  if (known.some((object) => object.name === name)) return;
  if (kind === 'PersistentVolumeClaim' && isOfStatefulSet(bundle, name, namespace)) return;
  yield reference(
    from,
    path,
    `${kind} ${name}, which is not there${namespace === '' ? '' : ` in namespace ${namespace}`}`,
    adviceOn(name, known, kind),
  );
}

/** A StatefulSet makes its claims itself: `<template>-<set>-<ordinal>`. */
function isOfStatefulSet({ objects }: Bundle, claim: string, namespace: string): boolean {
  return objects.some(
    (set) =>
      set.group === 'apps' &&
      set.kind === 'StatefulSet' &&
      set.namespace === namespace &&
      items(valueAt(set.value, ['spec', 'volumeClaimTemplates'])).some((template) => {
        const start = `${text(valueAt(template, ['metadata', 'name']))}-${set.name}-`;
        return claim.startsWith(start) && /^\d+$/.test(claim.slice(start.length));
      }),
  );
}

function* ofBinding(bundle: Bundle, object: BundleObject): Generator<Draft> {
  if (object.group !== 'rbac.authorization.k8s.io' || !object.kind.endsWith('Binding')) return;
  if (valueAt(object.value, ['roleRef', 'kind']) === 'Role') {
    yield* missing(bundle, object, ['roleRef', 'name'], 'Role');
  }
  for (const [index, subject] of items(object.value['subjects']).map(fields).entries()) {
    if (subject['kind'] !== 'ServiceAccount') continue;
    const namespace = text(subject['namespace']);
    // Others may bring namespaces of which nothing is here.
    if (!bundle.objects.some((one) => one.namespace === namespace)) {
      yield reference(
        object,
        ['subjects', index, 'namespace'],
        `namespace ${namespace}, in which nothing here is`,
        'correct the namespace',
      );
      continue;
    }
    yield* missing(bundle, object, ['subjects', index, 'name'], 'ServiceAccount', namespace);
  }
}

function* ports(pod: PodTemplate): Generator<Draft> {
  for (const { path, value } of containersOf(pod)) {
    const known = items(value['ports']).map(fields);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      for (const action of ['httpGet', 'tcpSocket', 'grpc']) {
        const port = valueAt(value, [probe, action, 'port']);
        if (
          port === undefined ||
          known.some(({ name, containerPort }) => port === name || port === containerPort)
        )
          continue;
        yield {
          rule: 'kubernetes/unknown-port',
          at: pod.object.at([...path, probe, action, 'port']),
          message: `${pod.object.kind} ${pod.object.name}: ${probe} asks port ${String(port)}, which container ${text(value['name'])} does not declare`,
          fix: `ports here: ${known.map(({ name, containerPort }) => `${text(name)} (${String(containerPort)})`).join(', ')}`,
        };
      }
    }
  }
}

function* ownSelector({ object, path, labels, endless }: PodTemplate): Generator<Draft> {
  if (!endless || path.length !== 2) return;
  const wanted = fields(valueAt(object.value, ['spec', 'selector', 'matchLabels']));
  yield* unmatched(object, ['spec', 'selector', 'matchLabels'], wanted, [labels]);
}

const SELECTORS: Readonly<Record<string, Path>> = {
  NetworkPolicy: ['spec', 'podSelector', 'matchLabels'],
  PodDisruptionBudget: ['spec', 'selector', 'matchLabels'],
  Service: ['spec', 'selector'],
};

function* selectors(object: BundleObject, pods: readonly PodTemplate[]): Generator<Draft> {
  const path = SELECTORS[object.kind];
  if (path === undefined) return;
  const near = pods.filter((pod) => pod.object.namespace === object.namespace);
  const wanted = fields(valueAt(object.value, path));
  if (near.length > 0)
    yield* unmatched(
      object,
      path,
      wanted,
      near.map(({ labels }) => labels),
    );
}

function* unmatched(
  object: BundleObject,
  path: Path,
  wanted: Fields,
  pods: readonly Fields[],
): Generator<Draft> {
  const entries = Object.entries(wanted);
  if (pods.some((labels) => entries.every(([key, value]) => labels[key] === value))) return;
  const wrong = entries.find(([key, value]) => !pods.some((labels) => labels[key] === value));
  yield {
    rule: 'kubernetes/selector',
    at: object.at(wrong === undefined ? path : [...path, wrong[0]]),
    message: `${object.kind} ${object.name} selects pods by ${entries.map(([key, value]) => `${key}=${String(value)}`).join(', ')}, and no pod here has these labels`,
    fix: 'correct the selector or the labels of the pods',
  };
}

function reference(object: BundleObject, path: Path, what: string, fix: string): Draft {
  return {
    rule: 'kubernetes/unknown-reference',
    at: object.at(path),
    message: `${object.kind} ${object.name} names ${what}`,
    fix,
  };
}
