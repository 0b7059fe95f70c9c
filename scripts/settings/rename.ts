import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { NAME_KEYS, type Names, renamed } from './name-places.ts';

/** Folders whose manifests name namespaces and the Project. */
const FOLDERS = ['argocd', 'gitops', 'kargo'] as const;

/** The manifests that give the names; all others repeat them. */
const GIVEN_BY: Readonly<Record<keyof Names, string>> = {
  project: 'kargo/project.yaml',
  canaryNamespace: 'gitops/overlays/canary/namespace.yaml',
  productionNamespace: 'gitops/overlays/full/namespace.yaml',
};

const named = z.object({ metadata: z.object({ name: z.string().min(1) }) });

/** The names that the manifests of the bundle in `root` have now. Throws SETTINGS_INVALID where one cannot be read. */
export async function namesIn(root: string): Promise<Names> {
  const found = NAME_KEYS.map(async (key) => {
    const file = GIVEN_BY[key];
    try {
      const value: unknown = parse(await readFile(join(root, file), 'utf8'));
      return [key, named.parse(value).metadata.name] as const;
    } catch (cause) {
      throw new OrderbooksError(
        'SETTINGS_INVALID',
        `expected an object with a name in ${file}: ${messageOf(cause)}; npm run validate says what is wrong with it`,
        { cause },
      );
    }
  });
  return Object.fromEntries(await Promise.all(found)) as unknown as Names;
}

/**
 * Gives namespaces and Kargo Project other names in every manifest of the bundle in `root`, and tells which files changed.
 * Asked again after an interruption, it changes what is left.
 */
export async function renameIn(root: string, to: Names): Promise<readonly string[]> {
  const from = await namesIn(root);
  if (NAME_KEYS.every((key) => from[key] === to[key])) return [];
  const changes: { readonly file: string; readonly text: string }[] = [];
  for (const folder of FOLDERS) {
    const entries = await readdir(join(root, folder), { recursive: true });
    for (const file of entries.filter((entry) => /\.ya?ml$/.test(entry)).toSorted()) {
      const path = join(folder, file);
      const text = await readFile(join(root, path), 'utf8');
      const changed = renamed(text, from, to);
      if (changed !== text) changes.push({ file: path, text: changed });
    }
  }
  // What gives the names comes last: until then it is known what the others are to be searched for.
  const last = new Set(Object.values(GIVEN_BY));
  const order = changes.toSorted(
    (left, right) => Number(last.has(left.file)) - Number(last.has(right.file)),
  );
  for (const { file, text } of order) {
    // A reader, such as a render under way, sees the old file or the new one.
    await writeFile(join(root, `${file}.new`), text);
    await rename(join(root, `${file}.new`), join(root, file));
  }
  return changes.map(({ file }) => file);
}
