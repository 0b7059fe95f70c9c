import { type Fields, fields } from './fields.ts';
import { type Identity, identityOf } from './identity.ts';
import type { SourceDocument } from './source-file.ts';

/**
 * The documents that a rendered object was made of: first the object itself, then patches of it. They have its kind and
 * name; where a kustomization put something around the name, the longest name that stands in it.
 *
 * @param resources files that are whole objects and no patches
 */
export function originsOf(
  value: Fields,
  candidates: readonly SourceDocument[],
  resources: ReadonlySet<string>,
): readonly SourceDocument[] {
  const wanted = identityOf(value);
  const sameKind = candidates.filter((candidate) => {
    const { group, kind, name } = nameOf(candidate);
    return group === wanted.group && kind === wanted.kind && name !== '';
  });
  const name = writtenName(wanted.name, new Set(sameKind.map((one) => nameOf(one).name)));
  const sameName = sameKind.filter((candidate) => nameOf(candidate).name === name);
  const whole = sameName.filter(({ file }) => resources.has(file));
  const object = nearest(wanted, whole.length > 0 ? whole : sameName);
  const patches = sameName.filter(({ file }) => !resources.has(file));
  return [...new Set([object, ...patches])].filter((document) => document !== undefined);
}

function writtenName(rendered: string, names: ReadonlySet<string>): string | undefined {
  if (names.has(rendered)) return rendered;
  return [...names]
    .filter((name) => rendered.includes(name))
    .toSorted((left, right) => right.length - left.length)[0];
}

/** A kustomization may have written the namespace, and objects of one name may stand in several. */
function nearest(
  wanted: Identity,
  documents: readonly SourceDocument[],
): SourceDocument | undefined {
  const alike = (document: SourceDocument, ...keys: readonly ('apiVersion' | 'namespace')[]) =>
    keys.every((key) => nameOf(document)[key] === wanted[key]);
  return (
    documents.find((document) => alike(document, 'apiVersion', 'namespace')) ??
    documents.find((document) => alike(document, 'apiVersion')) ??
    documents.find((document) => alike(document, 'namespace')) ??
    documents[0]
  );
}

function nameOf(document: SourceDocument): Identity {
  return identityOf(fields(document.value));
}
