import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitPlace, git } from '../git.ts';
import { parseObjects } from '../kargo/load.ts';
import type { KubernetesObject } from '../kargo/step.ts';

/** The Kubernetes objects in a commit of a rendered branch; none for null. */
export async function objectsAt(
  place: GitPlace,
  commit: string | null,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  if (commit === null) return [];
  await mkdir(folder, { recursive: true });
  const withIndex = {
    ...place,
    environment: { ...place.environment, GIT_INDEX_FILE: `${folder}.index` },
  };
  await git(withIndex, 'read-tree', commit);
  await git(withIndex, `--work-tree=${folder}`, 'checkout-index', '--all', '--force');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const texts = await Promise.all(
    files.map(async (path) => ({
      file: path.slice(folder.length + 1),
      text: await readFile(path, 'utf8'),
    })),
  );
  return texts.flatMap(parseObjects).map(({ value }) => value as unknown as KubernetesObject);
}
