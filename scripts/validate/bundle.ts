import { posix } from 'node:path';
import { type Fields, fields, isFields, items, text, valueAt } from './fields.ts';
import { type Identity, identityOf } from './identity.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import { originsOf } from './origins.ts';
import type { Render, Renders } from './rendering.ts';
import type { Location, Path, SourceDocument, SourceFile } from './source-file.ts';

/**
 * A Kubernetes object as it will be applied, with the way back to where it is written. An object that a kustomization
 * renders has the rendered values; one that no kustomization names is taken as it is written.
 */
export interface BundleObject extends Identity {
  readonly value: Fields;
  /** The kustomization it was rendered by, relative to the root; null if it is taken as written. */
  readonly kustomization: string | null;
  /** Whether its kustomization does not render or cannot be read: what that would replace and patch is still missing. */
  readonly unfinished: boolean;
  /** The document that it was made of, without patches. */
  readonly source: SourceDocument | null;
  /** Whether the value at `path` is the one in the source, untouched by its kustomization. */
  isAsWritten(path: Path): boolean;
  /** Places in the source: of the value at `path`, of its key, of a unit of a text. */
  at(path: Path): Location;
  atKey(path: Path): Location;
  atText(path: Path, offset: number): Location;
}

export interface Bundle {
  readonly objects: readonly BundleObject[];
  readonly renders: readonly Render[];
  /** Objects as written that no kustomization names although one stands in their folder. */
  readonly unlisted: readonly BundleObject[];
}

/** Every object of the renders, and those objects in the sources that no render knows of. */
export function bundleOf(files: ReadonlyMap<string, SourceFile>, renders: Renders): Bundle {
  const resources = resourcesOf(files);
  const rendered = renders.renders.flatMap((render) => renderedObjects(files, render, resources));
  // What a kustomization that does not render is made of still counts: others may refer to it.
  const failed = renders.renders.filter(({ objects }) => objects === null);
  const asWritten = [...files.values()].filter(
    ({ file }) =>
      !KUSTOMIZATION_FILE.test(file) &&
      (!renders.named.has(file) ||
        // A patch is no whole object.
        (resources.has(file) && failed.some((render) => render.files.has(file)))),
  );
  const kustomizations = [...files.values()].filter(({ file }) => KUSTOMIZATION_FILE.test(file));
  const folders = new Set(kustomizations.map(({ file }) => folderOf(file)));
  const unread = new Set(
    kustomizations.filter(({ whole }) => !whole).map(({ file }) => folderOf(file)),
  );
  const written = asWritten.flatMap(({ documents }) =>
    documents
      .filter(({ value }) => hasKind(value) && typeof value['apiVersion'] === 'string')
      .map((document) => ({
        ...objectOf(fields(document.value), null, [document]),
        unfinished: renders.named.has(document.file) || unread.has(folderOf(document.file)),
      })),
  );
  return {
    objects: [...rendered, ...written],
    renders: renders.renders,
    unlisted: written.filter(
      ({ source, unfinished }) =>
        source !== null && !unfinished && folders.has(folderOf(source.file)),
    ),
  };
}

function renderedObjects(
  files: ReadonlyMap<string, SourceFile>,
  render: Render,
  resources: ReadonlySet<string>,
): readonly BundleObject[] {
  const candidates = [...render.files].flatMap((file) =>
    KUSTOMIZATION_FILE.test(file)
      ? []
      : (files.get(file)?.documents.filter(({ value }) => hasKind(value)) ?? []),
  );
  return (render.objects ?? []).map(({ value }) =>
    objectOf(value, render.kustomization, originsOf(value, candidates, resources)),
  );
}

function objectOf(
  value: Fields,
  kustomization: string | null,
  origins: readonly SourceDocument[],
): BundleObject {
  const [source = null] = origins;
  const unknown: Location = { file: kustomization ?? source?.file ?? '', line: 1, column: 1 };
  const writing = (path: Path): SourceDocument | null => {
    const seen = valueAt(value, path);
    return (
      origins.find((origin) => seen !== undefined && valueAt(origin.value, path) === seen) ??
      origins.find((origin) => valueAt(origin.value, path) !== undefined) ??
      source
    );
  };
  const isAsWritten = (path: Path): boolean =>
    origins.some((origin) => valueAt(origin.value, path) === valueAt(value, path));
  return {
    value,
    ...identityOf(value),
    kustomization,
    unfinished: false,
    source,
    isAsWritten,
    at: (path) => writing(path)?.at(path) ?? unknown,
    atKey: (path) => writing(path)?.atKey(path) ?? unknown,
    atText(path, offset) {
      const document = writing(path);
      // A replacement wrote another text: only its place is known.
      const at = isAsWritten(path) ? document?.atText(path, offset) : document?.at(path);
      return at ?? unknown;
    },
  };
}

/** Files that a kustomization lists as whole objects. */
function resourcesOf(files: ReadonlyMap<string, SourceFile>): ReadonlySet<string> {
  const kustomizations = [...files.values()].filter(({ file }) => KUSTOMIZATION_FILE.test(file));
  return new Set(
    kustomizations.flatMap(({ file, documents }) =>
      items(fields(documents[0]?.value)['resources']).map((resource) =>
        posix.join(folderOf(file), text(resource)),
      ),
    ),
  );
}

/** Configuration of kustomize and data of ConfigMaps are YAML too, but no objects. */
function hasKind(value: unknown): value is Fields {
  return isFields(value) && typeof value['kind'] === 'string';
}

function folderOf(file: string): string {
  return posix.dirname(file);
}
