import { cpSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isSeq, parse, parseDocument, YAMLSeq } from 'yaml';
import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { findKustomization } from './kustomization.ts';

/** The file that lists them, relative to the root of a bundle. */
export const COMBINATIONS_FILE = 'gitops/combinations.yaml';

/** A path inside the bundle, relative to its root. */
const folder = z
  .string()
  .regex(/^[a-z0-9][a-z0-9./-]*$/, 'expected a folder relative to the root of the bundle')
  .refine((path) => posix.normalize(path) === path && !path.startsWith('..'), {
    message: 'expected a folder inside the bundle',
  });

const combination = z.strictObject({
  /** Shown in reports; unique. */
  name: z.string().regex(/^[a-z0-9-]+$/),
  kustomization: folder,
  /** Added behind the components that the kustomization lists itself. */
  components: z.array(folder).min(1),
  /** Components that `argocd` must list for the outcome to be synced. */
  requires: z.array(folder).default([]),
});
export type Combination = z.infer<typeof combination>;

/** The whole of gitops/combinations.yaml. */
export const combinations = z.strictObject({
  combinations: z
    .array(combination)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      message: 'expected every name once',
    }),
});

/** The combinations of the bundle in `root`. Throws COMBINATIONS_INVALID, also if the file is missing. */
export async function readCombinations(root: string): Promise<readonly Combination[]> {
  try {
    const text = await readFile(join(root, COMBINATIONS_FILE), 'utf8');
    return combinations.parse(parse(text)).combinations;
  } catch (cause) {
    const seen = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new OrderbooksError(
      'COMBINATIONS_INVALID',
      `expected ${COMBINATIONS_FILE} to list kustomizations with their components, but: ${seen}`,
      { cause },
    );
  }
}

/**
 * Writes a combination into a copy of the bundle, as a folder beside its kustomization, and gives that folder (relative
 * to the root), to be rendered like any other. `tree` must be a copy: what is written stays.
 */
export async function writeCombination(tree: string, wanted: Combination): Promise<string> {
  const { kustomization, components } = wanted;
  // Beside it, so that every relative path in it still leads where it did.
  const copy = `${kustomization}.${wanted.name}`;
  const to = join(tree, copy);
  // A handful of small files, which take the asynchronous form several times as long.
  cpSync(join(tree, kustomization), to, { recursive: true, errorOnExist: true, force: false });
  const file = findKustomization(to, copy);
  // A key that stands twice is for kustomize to refuse: a document with errors could not be written.
  const document = parseDocument(await readFile(file, 'utf8'), { uniqueKeys: false });
  const listed = document.get('components');
  const list = isSeq(listed) ? listed : new YAMLSeq(document.schema);
  for (const component of components) list.add(posix.relative(copy, component));
  document.set('components', list);
  await writeFile(file, document.toString());
  return copy;
}
