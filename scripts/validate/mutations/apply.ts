import { type Document, isMap, isScalar, type Pair, parseDocument, type Scalar } from 'yaml';
import { bundleOf } from '../bundle.ts';
import { isFields, valueAt } from '../fields.ts';
import { KUBERNETES_YAML } from '../kubernetes-yaml.ts';
import type { RenderedValue } from '../renderer.ts';
import type { Renders } from '../rendering.ts';
import { type Path, parseSource, type SourceFile } from '../source-file.ts';
import type { Change, Mutation } from './candidates.ts';

export interface Parts {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly renders: Renders;
}

/** For every rendered object, in the order of the renders, the file it was made of. */
export type Origins = ReadonlyMap<RenderedValue, string>;

export function originsIn({ files, renders }: Parts): Origins {
  const values = renders.renders.flatMap(({ objects }) => objects ?? []);
  const { objects } = bundleOf(files, renders);
  return new Map(values.map((value, index) => [value, objects[index]?.source?.file ?? '']));
}

/** Whether a mutation reaches any render; what kustomize replaces anyway breaks nothing. */
export function reaches({ files }: Parts, origins: Origins, { file, path }: Mutation): boolean {
  const written = valueAt(files.get(file)?.documents[0]?.value, path);
  const made = [...origins].filter(([, origin]) => origin === file);
  return made.length === 0 || made.some(([{ value }]) => isSame(valueAt(value, path), written));
}

/**
 * The files with one changed, and the renders as kustomize would make them of it: the same change in every object that
 * was made of this file, where it has the value untouched. Nothing is rendered again, so that thousands can be tried.
 */
export function mutated({ files, renders }: Parts, origins: Origins, mutation: Mutation): Parts {
  const { file, path, change } = mutation;
  const before = files.get(file);
  if (before === undefined) return { files, renders };
  const document = parseDocument(before.text, KUBERNETES_YAML);
  const written = valueAt(before.documents[0]?.value, path);
  changeDocument(document, path, change);
  const changed = new Map(files).set(file, parseSource(file, document.toString()));
  return {
    files: changed,
    renders: {
      ...renders,
      renders: renders.renders.map((render) => ({
        ...render,
        objects:
          render.objects?.map((object) =>
            origins.get(object) === file && isSame(valueAt(object.value, path), written)
              ? {
                  ...object,
                  value: changedValue(object.value, path, change) as typeof object.value,
                }
              : object,
          ) ?? null,
      })),
    },
  };
}

/** kustomize sorts keys, folds texts anew and may have patched what stands below; a text that it replaced is not ours. */
function isSame(rendered: unknown, written: unknown): boolean {
  if (typeof written !== 'string') return typeof rendered === typeof written;
  return (
    typeof rendered === 'string' &&
    rendered.replace(/\s+/g, ' ').trim() === written.replace(/\s+/g, ' ').trim()
  );
}

function changeDocument(document: Document, path: Path, change: Change): void {
  if ('drop' in change) document.deleteIn(path);
  else if ('to' in change) document.setIn(path, document.createNode(change.to));
  else {
    const parent: unknown = document.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return;
    const pair = (parent.items as Pair<unknown, unknown>[]).find(
      ({ key }) => isScalar(key) && key.value === path.at(-1),
    );
    if (pair !== undefined) (pair.key as Scalar).value = change.rename;
  }
}

function changedValue(value: unknown, path: Path, change: Change): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return 'to' in change ? change.to : value;
  const last = rest.length === 0;
  if (Array.isArray(value)) {
    if (last && 'drop' in change) return value.filter((_, index) => index !== key);
    return value.map((entry, index) => (index === key ? changedValue(entry, rest, change) : entry));
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => {
      if (name !== key) return [[name, entry]];
      if (last && 'drop' in change) return [];
      if (last && 'rename' in change) return [[change.rename, entry]];
      return [[name, changedValue(entry, rest, change)]];
    }),
  );
}
