import { posix } from 'node:path';
import { type Fields, fields, isFields, items, text, valueAt } from './fields.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import type { Render, Renders } from './rendering.ts';
import type { Location, Path, SourceDocument, SourceFile } from './source-file.ts';

/**
 * A Kubernetes object as it will be applied, with the way back to where it is written. An object that a kustomization
 * renders has the rendered values; one that no kustomization names is taken as it is written.
 */
export interface BundleObject {
  readonly value: Fields;
  readonly apiVersion: string;
  /** Part of the apiVersion before `/`; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** Empty where the object names none. */
  readonly namespace: string;
  /** The kustomization it was rendered by, relative to the root; null if it is taken as written. */
  readonly kustomization: string | null;
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
  const rendered = renders.renders.flatMap((render) => renderedObjects(files, render));
  // What a kustomization that does not render is made of still counts: others may refer to it.
  const failed = renders.renders.filter(({ objects }) => objects === null);
  const resources = resourcesOf(files);
  const asWritten = [...files.values()].filter(
    ({ file }) =>
      !KUSTOMIZATION_FILE.test(file) &&
      (!renders.named.has(file) ||
        // A patch is no whole object.
        (resources.has(file) && failed.some((render) => render.files.has(file)))),
  );
  const written = asWritten.flatMap(({ documents }) =>
    documents
      .filter(({ value }) => hasKind(value) && typeof value['apiVersion'] === 'string')
      .map((document) => objectOf(fields(document.value), null, document)),
  );
  const folders = new Set(
    [...files.keys()].filter((file) => KUSTOMIZATION_FILE.test(file)).map(folderOf),
  );
  return {
    objects: [...rendered, ...written],
    renders: renders.renders,
    unlisted: written.filter(
      ({ source }) =>
        source !== null && !renders.named.has(source.file) && folders.has(folderOf(source.file)),
    ),
  };
}

function renderedObjects(
  files: ReadonlyMap<string, SourceFile>,
  render: Render,
): readonly BundleObject[] {
  const candidates = [...render.files].flatMap((file) =>
    KUSTOMIZATION_FILE.test(file)
      ? []
      : (files.get(file)?.documents.filter(({ value }) => hasKind(value)) ?? []),
  );
  return (render.objects ?? []).map(({ value }) =>
    objectOf(value, render.kustomization, sourceOf(value, candidates)),
  );
}

/**
 * The document that an object was made of: of the same kind and name. A kustomization may have put something around the
 * name; then the one document whose name stands in it.
 */
function sourceOf(value: Fields, candidates: readonly SourceDocument[]): SourceDocument | null {
  const wanted = identityOf(value);
  const sameKind = candidates.filter((candidate) => {
    const { group, kind } = identityOf(fields(candidate.value));
    return group === wanted.group && kind === wanted.kind;
  });
  const nameOf = (candidate: SourceDocument) => identityOf(fields(candidate.value)).name;
  const sameName = sameKind.filter((candidate) => nameOf(candidate) === wanted.name);
  const inside = sameKind.filter((candidate) => wanted.name.includes(nameOf(candidate)));
  const found = sameName.length > 0 ? sameName : inside;
  const alike = (candidate: SourceDocument, ...keys: readonly ('apiVersion' | 'namespace')[]) =>
    keys.every((key) => identityOf(fields(candidate.value))[key] === wanted[key]);
  return (
    found.find((candidate) => alike(candidate, 'apiVersion', 'namespace')) ??
    found.find((candidate) => alike(candidate, 'apiVersion')) ??
    found.find((candidate) => alike(candidate, 'namespace')) ??
    (found.length === 1 || sameName.length > 0 ? (found[0] ?? null) : null)
  );
}

function objectOf(
  value: Fields,
  kustomization: string | null,
  source: SourceDocument | null,
): BundleObject {
  const isAsWritten = (path: Path): boolean =>
    source !== null && valueAt(source.value, path) === valueAt(value, path);
  const unknown: Location = { file: kustomization ?? source?.file ?? '', line: 1, column: 1 };
  return {
    value,
    ...identityOf(value),
    kustomization,
    source,
    isAsWritten,
    at: (path) => source?.at(path) ?? unknown,
    atKey: (path) => source?.atKey(path) ?? unknown,
    atText(path, offset) {
      if (source === null) return unknown;
      // A replacement wrote another text: only its place is known.
      return isAsWritten(path) ? source.atText(path, offset) : source.at(path);
    },
  };
}

type Identity = Pick<BundleObject, 'apiVersion' | 'group' | 'kind' | 'name' | 'namespace'>;

function identityOf(value: Fields): Identity {
  const apiVersion = text(value['apiVersion']);
  const [group = '', version] = apiVersion.split('/');
  const metadata = fields(value['metadata']);
  return {
    apiVersion,
    group: version === undefined ? '' : group,
    kind: text(value['kind']),
    name: text(metadata['name']),
    namespace: text(metadata['namespace']),
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
