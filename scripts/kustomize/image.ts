/** An entry of `images:` in a kustomization, in the order in which its keys are written. */
export interface KustomizationImage {
  readonly name?: string;
  readonly newName?: string;
  readonly tagSuffix?: string;
  readonly newTag?: string;
  readonly digest?: string;
}

/** A value that says: keep what the file has. */
const KEEP = '*';

/** Both lists as Kargo goes on with them. */
export interface MergedImages {
  /** What is written: sorted by name, without blanks. */
  readonly written: readonly KustomizationImage[];
  /** What the commit message names: `*` stays where there was nothing to keep. */
  readonly named: readonly KustomizationImage[];
}

/**
 * Puts new images over those of the file. An image that is set loses what it had before, except where the new value
 * is `*` (facts/expr-and-templates.md, Steps). Of entries with one name the first stays.
 */
export function mergeImages(
  current: readonly KustomizationImage[],
  targets: readonly KustomizationImage[],
): MergedImages {
  const merged = new Map(targets.map((target) => [target.name ?? '', target]));
  for (const image of current) {
    const name = image.name ?? '';
    const target = merged.get(name);
    merged.set(name, target === undefined ? image : keeping(target, image));
  }
  const named = [...merged.values()].sort((a, b) => compareBytes(a.name ?? '', b.name ?? ''));
  return { named, written: named.map((image) => keeping(image, {})) };
}

/** `name:tag@digest` with the parts that are set. */
export function imageReference(image: KustomizationImage): string {
  const tag = image.newTag ? `:${image.newTag}` : '';
  const digest = image.digest ? `@${image.digest}` : '';
  return `${image.newName || (image.name ?? '')}${tag}${digest}`;
}

function keeping(target: KustomizationImage, old: KustomizationImage): KustomizationImage {
  const keep = (value: string | undefined, before: string | undefined): string | undefined =>
    value === KEEP ? before : value;
  const kept = {
    name: target.name,
    newName: keep(target.newName, old.newName),
    // Kargo makes a new entry where it keeps anything, and so forgets the suffix.
    tagSuffix: [target.newName, target.newTag, target.digest].includes(KEEP)
      ? undefined
      : target.tagSuffix,
    newTag: keep(target.newTag, old.newTag),
    digest: keep(target.digest, old.digest),
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => (value ?? '') !== ''));
}

/** Go orders texts by their bytes. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
