import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { KUSTOMIZATION_NAMES } from './kustomization.ts';

/** A file or folder that a kustomization names. */
export interface Reference {
  /** The kustomization file, and the line in it from 1. */
  readonly file: string;
  readonly line: number;
  /** As it is written, without the key of a generated entry. */
  readonly text: string;
  /** Where it leads, absolute. */
  readonly path: string;
}

/**
 * Everything that the kustomization in `folder` (absolute) names on this disk, and what those name in turn.
 * What cannot be read as YAML names nothing here: kustomize itself will say what is wrong with it.
 */
export function referencesOf(folder: string): readonly Reference[] {
  const found: Reference[] = [];
  const seen = new Set<string>();
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const file = kustomizationIn(next);
    if (file === null) continue;
    for (const reference of referencesIn(file)) {
      found.push(reference);
      const isFolder = statSync(reference.path, { throwIfNoEntry: false })?.isDirectory();
      if (isFolder === true) waiting.push(reference.path);
    }
  }
  return found;
}

/** The kustomization file of a folder; the first, if it has several. */
export function kustomizationIn(folder: string): string | null {
  const files = KUSTOMIZATION_NAMES.map((name) => resolve(folder, name));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Keys under which a kustomization lists files and folders. `*` stands for each entry of a list. */
const PLACES: readonly string[] = [
  ...['resources', 'bases', 'components', 'crds', 'configurations'].map((key) => `${key}.*`),
  ...['generators', 'transformers', 'validators', 'patchesStrategicMerge'].map((key) => `${key}.*`),
  ...['patches', 'patchesJson6902', 'replacements'].map((key) => `${key}.*.path`),
  // Refused by kustomize since 5.0, and still about: what it names is a patch and no object.
  'patches.*',
  ...['configMapGenerator', 'secretGenerator'].flatMap((key) => [
    `${key}.*.files.*`,
    `${key}.*.envs.*`,
    `${key}.*.env`,
  ]),
  ...['valuesFile', 'additionalValuesFiles.*'].map((key) => `helmCharts.*.${key}`),
  ...['chartHome', 'configHome'].map((key) => `helmGlobals.${key}`),
  'openapi.path',
];

function referencesIn(file: string): readonly Reference[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), {
    lineCounter: lines,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  if (document.errors.length > 0) return [];
  return PLACES.flatMap((place) => textsAt(document.contents, place.split('.'))).flatMap(
    ({ value, offset }) => {
      // `name=path` names the entry; a text of several lines is an inline patch.
      const text = value.replace(/^[-._a-zA-Z0-9]+=/, '');
      if (
        text === '' ||
        text.includes('\n') ||
        /^[a-z][a-z0-9+.-]*:\/\/|^[^/]+@[^/]+:/.test(text)
      ) {
        return [];
      }
      const path = resolve(dirname(file), text);
      return [{ file, line: lines.linePos(offset).line, text, path }];
    },
  );
}

function textsAt(
  node: Node | null,
  place: readonly string[],
): readonly { readonly value: string; readonly offset: number }[] {
  const [key, ...rest] = place;
  if (key === undefined) {
    if (!isScalar(node) || typeof node.value !== 'string') return [];
    return [{ value: node.value, offset: node.range?.[0] ?? 0 }];
  }
  if (key === '*') {
    return isSeq<Node>(node) ? node.items.flatMap((item) => textsAt(item, rest)) : [];
  }
  if (!isMap<Node, Node>(node)) return [];
  const value = node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
  return value === undefined || value === null ? [] : textsAt(value, rest);
}
