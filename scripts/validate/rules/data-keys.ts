import type { Bundle, BundleObject } from '../bundle.ts';
import { type Fields, fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { containersOf, type PodTemplate, podTemplatesOf } from '../pods.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';

/** Keys of ConfigMaps and Secrets that pods read; those of objects that are not in the tree are not known. */
export const checkDataKeys: Check = function* ({ bundle }) {
  for (const pod of podTemplatesOf(bundle)) {
    if (pod.object.kustomization === null) continue;
    yield* ofVolumes(bundle, pod);
    yield* ofVariables(bundle, pod);
  }
};

function* ofVolumes(bundle: Bundle, pod: PodTemplate): Generator<Draft> {
  const { object, path, spec } = pod;
  for (const [index, volume] of items(spec['volumes']).map(fields).entries()) {
    for (const [source, kind, nameKey] of VOLUMES) {
      const from = fields(volume[source]);
      const keys = from['optional'] === true ? null : keysOf(bundle, object, kind, from[nameKey]);
      if (keys === null) continue;
      const listed = items(from['items']);
      for (const position of listed.keys()) {
        const at: Path = [...path, 'spec', 'volumes', index, source, 'items', position, 'key'];
        yield* missing(object, at, kind, text(from[nameKey]), keys);
      }
      const there =
        listed.length === 0 ? keys : new Set(listed.map((item) => text(fields(item)['path'])));
      for (const container of containersOf(pod)) {
        for (const [mount, value] of items(container.value['volumeMounts']).map(fields).entries()) {
          if (value['name'] !== volume['name'] || text(value['subPath']) === '') continue;
          const at: Path = [...container.path, 'volumeMounts', mount, 'subPath'];
          yield* missing(object, at, kind, text(from[nameKey]), there);
        }
      }
    }
  }
}

const VOLUMES = [
  ['configMap', 'ConfigMap', 'name'],
  ['secret', 'Secret', 'secretName'],
] as const;

function* ofVariables(bundle: Bundle, pod: PodTemplate): Generator<Draft> {
  const { object } = pod;
  for (const container of containersOf(pod)) {
    for (const [index, variable] of items(container.value['env']).entries()) {
      for (const [source, kind] of VARIABLES) {
        const from = fields(valueAt(variable, ['valueFrom', source]));
        const keys = from['optional'] === true ? null : keysOf(bundle, object, kind, from['name']);
        if (keys === null) continue;
        const at: Path = [...container.path, 'env', index, 'valueFrom', source, 'key'];
        yield* missing(object, at, kind, text(from['name']), keys);
      }
    }
  }
}

const VARIABLES = [
  ['configMapKeyRef', 'ConfigMap'],
  ['secretKeyRef', 'Secret'],
] as const;

/** Null where the object is not in the tree, or more of it may come from elsewhere. */
function keysOf(
  { objects }: Bundle,
  from: BundleObject,
  kind: string,
  name: unknown,
): ReadonlySet<string> | null {
  const found = objects.filter(
    (object) =>
      object.group === '' &&
      object.kind === kind &&
      object.name === name &&
      object.namespace === from.namespace,
  );
  const parts = found.flatMap(({ value }) => PARTS.map((part): Fields => fields(value[part])));
  const keys = new Set(parts.flatMap((part) => Object.keys(part)));
  // An object without any data is filled by somebody else.
  return keys.size === 0 ? null : keys;
}

const PARTS = ['data', 'binaryData', 'stringData'] as const;

function* missing(
  object: BundleObject,
  path: Path,
  kind: string,
  name: string,
  keys: ReadonlySet<string>,
): Generator<Draft> {
  const key = text(valueAt(object.value, path));
  if (key === '' || key.includes('{{') || keys.has(key)) return;
  yield {
    rule: 'kubernetes/unknown-key',
    at: object.at(path),
    message: `${object.kind} ${object.name} reads ${key} of ${kind} ${name}, which has no such key`,
    fix: `keys there: ${[...keys].toSorted().join(', ')}`,
  };
}
